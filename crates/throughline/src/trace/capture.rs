//! The packets of a journey: taken while it is made, tied to its steps when it is over, and written into a file where that is wanted.

use decide::packets::{join, unseen};
use decide::resolve::{Mode, Settings};
use decide::step::{Journey, Step};
use decide::time::Instant;
use host::os::Capture;
use node::fetch::Request;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use wire::packet::Packet;
use wire::pcapng::{self, Way};

/// What is kept of all packets together; more is counted, and let go.
const MOST_BYTES: usize = 64 << 20;
/// What is kept of each where only its headers are shown, and a question to a name server.
const HEADERS: usize = 512;
/// A frame is no longer.
const WHOLE: usize = 64 << 10;
/// After the journey the last packets are waited for: until there have been none for so long, and no longer than that.
const QUIET: Duration = Duration::from_millis(200);
const MOST_TAIL: Duration = Duration::from_secs(1);
const NAME_SERVERS: u16 = 53;

/// That packets are wanted.
#[derive(Clone, Debug, Default)]
pub struct Packets {
    /// The file to write them into.
    pub file: Option<PathBuf>,
}

/// A capture beside a journey.
pub(super) struct Capturing {
    /// Or why there is none.
    capture: Result<Capture, String>,
    servers: Servers,
    file: Option<(File, String)>,
}

/// The servers that the journey goes to. Each is known before the first packet to it.
type Servers = Arc<RwLock<BTreeSet<SocketAddr>>>;

impl Capturing {
    /// Begins. An error: the file cannot be written.
    pub(super) fn begin(packets: &Packets, request: &Request) -> io::Result<Capturing> {
        let servers = Servers::default();
        let each = if packets.file.is_some() { WHOLE } else { HEADERS };
        let (theirs, ports) = (servers.clone(), name_server_ports(&request.names));
        let capture = Capture::begin(MOST_BYTES, each, move |frame| is_wanted(frame, &theirs, &ports)).map_err(|error| refusal(&error));
        let file = match &packets.file {
            Some(path) if capture.is_ok() => Some((create(path)?, path.display().to_string())),
            _ => None,
        };
        Ok(Capturing { capture, servers, file })
    }

    /// A step was added.
    pub(super) fn step(&self, journey: &Journey) {
        if let Some((_, Step::ConnectStarted { address, .. })) = journey.steps().last()
            && let Some(address) = std::str::from_utf8(journey.text(*address)).ok().and_then(|text| text.parse().ok())
        {
            self.servers.write().expect("no panic while it is held").insert(address);
        }
    }

    /// Ends, and adds what was seen to the journey. False: no file was written where one was wanted.
    pub(super) fn end(self, journey: &mut Journey, request: &Request) -> io::Result<bool> {
        let capture = match self.capture {
            Ok(capture) => capture,
            Err(why) => {
                unseen(journey, &why);
                return Ok(false);
            }
        };
        let captures = capture.end(QUIET, MOST_TAIL);
        let frames = captures.packets.iter().map(|packet| (packet.at, packet.frame.as_slice(), packet.length));
        let name = self.file.as_ref().map_or("", |(_, name)| name);
        let joined = join(journey, frames, captures.untaken, name);
        let Some((mut file, _)) = self.file else { return Ok(true) };
        let mut out = Vec::new();
        pcapng::begin(concat!("throughline ", env!("CARGO_PKG_VERSION")), &mut out);
        pcapng::interface(pcapng::LINK_ETHERNET, "any", &mut out);
        // They stand before the packets that they are for.
        if let Some(lines) = request.secrets.as_ref().map(node::fetch::Secrets::lines).filter(|lines| !lines.is_empty()) {
            pcapng::secrets(lines.as_bytes(), &mut out);
        }
        for (place, sent, comment) in &joined.packets {
            let packet = &captures.packets[*place];
            let way = if *sent { Way::Out } else { Way::In };
            pcapng::packet(0, calendar(journey, packet.at), way, &packet.frame, packet.length, comment, &mut out);
        }
        file.write_all(&out)?;
        Ok(true)
    }
}

/// Nanoseconds since 1970.
fn calendar(journey: &Journey, at: Instant) -> u64 {
    let before = journey.began.since(at);
    let nanos = (journey.calendar.0 + at.since(journey.began)).saturating_sub(before).as_nanos();
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

/// Secrets will stand in it: nobody else reads it, whoever made it.
fn create(path: &Path) -> io::Result<File> {
    let open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let file = open.map_err(|error| io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display())))?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Name servers are not known before they are asked: all are taken that there are, and told apart by the questions.
fn name_server_ports(names: &Settings) -> BTreeSet<u16> {
    let mut ports = BTreeSet::from([NAME_SERVERS]);
    match &names.mode {
        Mode::Recursive { servers } => ports.extend(servers.iter().map(SocketAddr::port)),
        Mode::Iterative { roots, port } => {
            ports.insert(*port);
            ports.extend(roots.iter().map(|root| root.address.port()));
        }
    }
    ports
}

fn is_wanted(frame: &[u8], servers: &Servers, name_servers: &BTreeSet<u16>) -> bool {
    let Ok(packet) = Packet::parse(frame) else { return false };
    let Some((from, to)) = packet.ports() else { return false };
    if name_servers.contains(&from) || name_servers.contains(&to) {
        return true;
    }
    let servers = servers.read().expect("no panic while it is held");
    servers.contains(&SocketAddr::new(packet.ip.from, from)) || servers.contains(&SocketAddr::new(packet.ip.to, to))
}

fn refusal(error: &io::Error) -> String {
    if error.kind() != io::ErrorKind::PermissionDenied {
        return format!("this machine does not show packets: {error}");
    }
    let program = std::env::current_exe().map_or_else(|_| "throughline".to_string(), |path| path.display().to_string());
    format!("to see packets takes CAP_NET_RAW: run this as root, or once `sudo setcap cap_net_raw+ep {program}`")
}
