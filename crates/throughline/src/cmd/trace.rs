//! `throughline trace URL`: the journey of one request, step by step.

mod names;
mod several;
mod socket;

use crate::settings;
use crate::trace::{Output, Packets, Plan, Show, compare, fetch, repeat};
use node::fetch::{Given, Request, Secrets, TraceToken};
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

/// What to ask for, and how to show it.
#[derive(clap::Args)]
#[command(after_help = EXIT_CODES)]
pub struct Arguments {
    /// http://…, https://…, ws://… or wss://…; without a scheme it is http.
    #[arg(required_unless_present = "compare")]
    url: Option<String>,
    /// Everything: each message of a handshake, each field.
    #[arg(short, long)]
    verbose: bool,
    /// One JSON object instead of the tree (docs/guide/trace.md).
    #[arg(long)]
    json: bool,
    /// Where the content goes, codings undone; `-` is standard output, and the tree goes to standard error then. Without it the content is
    /// read and counted.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// -o gets the body as it came, codings and all.
    #[arg(long, requires = "output")]
    raw: bool,
    /// Fetch what the page asks for too, as a browser does.
    #[arg(long)]
    page: bool,
    /// How many resources of the page are fetched.
    #[arg(long, value_name = "N", default_value_t = MOST_RESOURCES, requires = "page")]
    page_limit: usize,
    /// Show the text of the page behind the tree.
    #[arg(long, conflicts_with = "json")]
    render: bool,
    /// The method.
    #[arg(short = 'X', long = "request", value_name = "METHOD", value_parser = method)]
    method: Option<String>,
    /// A field of the request, in the place of ours of that name; an empty one takes ours away. May be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = field)]
    headers: Vec<(String, String)>,
    /// The body, sent by POST unless -X says otherwise; @FILE reads it from a file.
    #[arg(short, long, value_name = "DATA")]
    data: Option<String>,
    /// Offer HTTP/1.1 alone.
    #[arg(long)]
    http1: bool,
    /// Go on although the certificate is not trusted.
    #[arg(short = 'k', long)]
    insecure: bool,
    /// Authorities to trust (PEM), in the place of the system's.
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// The addresses of a name at a port, in the place of a lookup. May be repeated.
    #[arg(long, value_name = "HOST:PORT:ADDR[,ADDR…]", value_parser = given)]
    resolve: Vec<(String, u16, Addresses)>,
    /// A file with a token that the server knows by the site's `trace-tokens`: then the server's own steps are shown too. Without it the
    /// token is that of $THROUGHLINE_TRACE_TOKEN, if it is set.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Send the token where others on the way can read it: without TLS, or (with -k) to a server that nobody vouches for.
    #[arg(long)]
    token_in_clear: bool,
    #[command(flatten)]
    several: several::SeveralArguments,
    #[command(flatten)]
    names: names::NameArguments,
    /// Connect there, whatever the URL says.
    #[arg(long, value_name = "ADDR:PORT")]
    connect: Option<SocketAddr>,
    /// Show every packet of the journey, tied to the step that it belongs to; takes CAP_NET_RAW.
    #[arg(long)]
    packets: bool,
    /// Write the packets into a file that Wireshark opens (pcapng), with the secrets of TLS inside: whoever has it can read everything.
    /// Means --packets.
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Give up after this long: 2s, 500ms.
    #[arg(short = 'm', long, value_name = "TIME", value_parser = span)]
    max_time: Option<Duration>,
    /// Show a redirect, and do not go on.
    #[arg(long)]
    no_follow: bool,
    /// How many redirects are followed.
    #[arg(long, value_name = "N", default_value_t = decide::fetch::redirect::MOST_REDIRECTS)]
    max_redirects: usize,
    #[command(flatten)]
    socket: socket::SocketArguments,
    /// Colours: always, never, or on a terminal.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    colour: String,
    /// How wide the tree is, in the place of the terminal's width.
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
}

const EXIT_CODES: &str = "\
Exit codes: 0 the answer is here, whatever its status; 1 something on this machine (a file, memory); 2 the command line; and the station
where the journey stopped: 11 URL, 12 Name, 13 Connect, 14 TLS, 15 HTTP, 16 Decode, 18 the WebSocket once it is open.";

/// Resources that --page fetches.
const MOST_RESOURCES: usize = 100;

/// Several addresses.
#[derive(Clone)]
struct Addresses(Vec<IpAddr>);

/// Goes, and shows.
pub(super) fn run(arguments: Arguments) -> Result<ExitCode, String> {
    let show = Show {
        verbose: arguments.verbose,
        json: arguments.json,
        colour: match arguments.colour.as_str() {
            "always" => Some(true),
            "never" => Some(false),
            _ => None,
        },
        width: arguments.width,
        text: arguments.render,
    };
    if arguments.several.repeat.is_some() || !arguments.several.compare.is_empty() {
        return several_journeys(&arguments, show);
    }
    let create = |path: &std::path::Path| std::fs::File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()));
    let output = match arguments.output.as_deref() {
        None => Output::Counted,
        Some(path) if path.as_os_str() == "-" => Output::Standard,
        Some(path) => Output::File(create(path)?),
    };
    // Before the journey, so that nobody waits for a page that cannot be written.
    let page = arguments.several.html.as_deref().map(create).transpose()?;
    let url = arguments.url.as_deref().unwrap_or_default();
    let trust = Trust::of(arguments.cacert.clone(), &[url]);
    let packets = (arguments.packets || arguments.pcap.is_some()).then(|| Packets { file: arguments.pcap.clone() });
    fetch(&request(&arguments, url, &trust)?, show, output, page, packets.as_ref()).map(ExitCode::from)
}

fn several_journeys(arguments: &Arguments, show: Show) -> Result<ExitCode, String> {
    let several = &arguments.several;
    let plan = Plan { runs: several.repeat.unwrap_or(1), interval: several.interval.unwrap_or_default() };
    let urls: Vec<&str> = several.compare.iter().chain(&arguments.url).map(String::as_str).collect();
    let trust = Trust::of(arguments.cacert.clone(), &urls);
    let requests = urls.iter().map(|url| request(arguments, url, &trust)).collect::<Result<Vec<_>, _>>()?;
    let exit = match requests.as_slice() {
        [a, b] => compare([a, b], plan, show),
        [one, ..] => repeat(one, plan, show),
        [] => return Err("a URL is missing".to_string()),
    };
    exit.map(ExitCode::from).map_err(|error| format!("the event loop did not start: {error}"))
}

fn request(arguments: &Arguments, url: &str, trust: &Rc<Trust>) -> Result<Request, String> {
    // RFC 6455 §4.1
    if begins_with(url, &["ws:", "wss:"]) && (arguments.data.is_some() || arguments.method.is_some()) {
        return Err("a WebSocket is opened by a GET without a body: -X and -d are not for it; --ws-send sends texts on it".to_string());
    }
    let body = match &arguments.data {
        Some(data) => Some(match data.strip_prefix('@') {
            Some(path) => std::fs::read(path).map_err(|error| format!("cannot read {path}: {error}"))?,
            None => data.clone().into_bytes(),
        }),
        None => None,
    };
    let trace_token = trace_token(arguments.token_file.as_deref(), arguments.token_in_clear)?;
    let trust = trust.clone();
    let given = arguments.resolve.iter().cloned().map(|(name, port, Addresses(addresses))| Given { name, port, addresses });
    Ok(Request {
        url: url.to_string(),
        method: arguments.method.clone(),
        fields: arguments.headers.clone(),
        body,
        http1_only: arguments.http1,
        insecure: arguments.insecure,
        trust: Box::new(move || trust.load()),
        secrets: arguments.pcap.as_ref().map(|_| Secrets::default()),
        given: given.collect(),
        connect: arguments.connect,
        names: arguments.names.settings()?,
        trace_token,
        max_time: arguments.max_time,
        redirects: (!arguments.no_follow).then_some(arguments.max_redirects),
        socket: arguments.socket.wish()?,
        raw: arguments.raw,
        text: arguments.render,
        page: arguments.page.then_some(arguments.page_limit),
    })
}

/// The authorities to trust. To read all of the system's, and to have the first random numbers, takes longer than a name and a connection
/// nearby: so it begins beside them where the URL asks for TLS.
struct Trust {
    file: Option<PathBuf>,
    reading: RefCell<Option<JoinHandle<Vec<Vec<u8>>>>>,
    /// What was read, for the next journey.
    known: RefCell<Option<Vec<Vec<u8>>>>,
}

impl Trust {
    fn of(file: Option<PathBuf>, urls: &[&str]) -> Rc<Trust> {
        let secure = urls.iter().any(|url| begins_with(url, &["https:", "wss:"]));
        let wanted = file.is_none();
        let read = move || {
            node::tls::prepare();
            if wanted { settings::system_authorities() } else { Vec::new() }
        };
        let reading = secure.then(|| std::thread::spawn(read));
        Rc::new(Trust { file, reading: RefCell::new(reading), known: RefCell::default() })
    }

    fn load(&self) -> Result<Vec<Vec<u8>>, String> {
        if let Some(known) = self.known.borrow().as_ref() {
            return Ok(known.clone());
        }
        let read = self.read()?;
        *self.known.borrow_mut() = Some(read.clone());
        Ok(read)
    }

    fn read(&self) -> Result<Vec<Vec<u8>>, String> {
        let read = self.reading.take().map(|reading| reading.join().unwrap_or_default());
        match (&self.file, read) {
            (Some(path), _) => trust_of_file(path),
            (None, Some(read)) => Ok(read),
            (None, None) => Ok(settings::system_authorities()),
        }
    }
}

/// Whether a URL has one of these schemes, however they are written.
fn begins_with(url: &str, schemes: &[&str]) -> bool {
    let start = |scheme: &&str| url.trim_start().get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    schemes.iter().any(start)
}

fn trust_of_file(path: &std::path::Path) -> Result<Vec<Vec<u8>>, String> {
    let pem = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    node::tls::certificate::trust_of_pem(&pem).map_err(|why| format!("{}: {why}", path.display()))
}

/// What servers of this program know us by.
fn trace_token(file: Option<&std::path::Path>, in_clear: bool) -> Result<Option<TraceToken>, String> {
    let token = match file {
        Some(path) => std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?,
        None => match std::env::var("THROUGHLINE_TRACE_TOKEN") {
            Ok(token) if !token.trim().is_empty() => token,
            _ => return Ok(None),
        },
    };
    let token = token.trim().to_string();
    match !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(Some(TraceToken { token, in_clear })),
        false => Err("the token is not one: a word of ASCII, as `throughline ctl token` prints it".to_string()),
    }
}

fn method(text: &str) -> Result<String, String> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    match !text.is_empty() && text.chars().all(token) && text != "CONNECT" {
        true => Ok(text.to_string()),
        false => Err("a method is a word, such as HEAD or PUT".to_string()),
    }
}

fn field(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a field is written 'Name: value'")?;
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let value = value.trim();
    if name.is_empty() || !name.chars().all(token) {
        return Err(format!("{name:?} is no name of a field"));
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err("a value has no control characters and no line breaks".to_string());
    }
    // RFC 9112 §6: where a body ends is not for two to say.
    let own = ["content-length", "transfer-encoding", "connection", "upgrade"].iter().any(|own| name.eq_ignore_ascii_case(own));
    if own || name.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("sec-websocket-")) {
        return Err(format!("{name} is written by the command itself"));
    }
    Ok((name.to_string(), value.to_string()))
}

fn given(text: &str) -> Result<(String, u16, Addresses), String> {
    let wrong = || "it is written HOST:PORT:ADDR, such as example.com:443:127.0.0.1".to_string();
    let mut parts = text.splitn(3, ':');
    let (Some(name), Some(port), Some(addresses)) = (parts.next(), parts.next(), parts.next()) else { return Err(wrong()) };
    let address = |text: &str| text.trim().trim_matches(['[', ']']).parse::<IpAddr>().map_err(|_| wrong());
    let addresses: Vec<IpAddr> = addresses.split(',').map(address).collect::<Result<_, _>>()?;
    Ok((name.to_ascii_lowercase(), port.parse().map_err(|_| wrong())?, Addresses(addresses)))
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || "a time is written 2s, 1.5s or 500ms".to_string();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let scale = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "min" => 60.0,
        _ => return Err(wrong()),
    };
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * scale;
    Duration::try_from_secs_f64(seconds).ok().filter(|span| !span.is_zero()).ok_or_else(wrong)
}
