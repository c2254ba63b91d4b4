//! `throughline trace` beside curl: how soon its first line is there, how long a whole run takes, how fast a long body comes and in how
//! much memory.

use super::machine::{LOAD_CORE, SERVER_CORE};
use super::report::{line, quartiles, time};
use super::{Bench, machine, peers};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub(super) const ROWS: [&str; 3] = ["trace-first-line", "trace-fetch", "trace-download-1g"];

const LONG_BYTES: u64 = 1 << 30;
const NAME: &str = "bench.test";
const SYSTEM_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rows of these that are wanted.
pub(super) fn measure(bench: &Bench, rows: &[&str]) -> Result<String, String> {
    let wanted: Vec<&&str> = ROWS.iter().filter(|row| rows.contains(row)).collect();
    if wanted.is_empty() {
        return Ok(String::new());
    }
    let curl = machine::first_line("curl", &["--version"]).ok_or("bench: curl is missing (Debian: curl)")?;
    let place = Place::make(bench)?;
    let mut text = format!("\n# trace\n\nThe peer is {}; load average {} before.\n", first_words(&curl), machine::load_average());
    for row in wanted {
        eprintln!("bench: {row} …");
        // The programs measured may have both cores, as a user's have; the bench itself stays where it is.
        let measured = thread::scope(|scope| scope.spawn(|| on_all_cores().and_then(|()| place.row(row))).join());
        text += &measured.map_err(|_| "bench: a row of trace panicked")??;
    }
    text += &format!("\nLoad average {} after.\n", machine::load_average());
    Ok(text)
}

fn first_words(text: &str) -> String {
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn on_all_cores() -> Result<(), String> {
    let mut cpus = CpuSet::new();
    cpus.set(SERVER_CORE);
    cpus.set(LOAD_CORE);
    sched_setaffinity(None, &cpus).map_err(|error| format!("bench: the cores are not to be had: {error}"))
}

/// What is asked, and by whom.
struct Place<'a> {
    bench: &'a Bench,
    origin: peers::TraceOrigin,
    /// The system's authorities and ours: both programs read all of them, as they do for a user.
    bundle: PathBuf,
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Ours,
    Curl,
}

impl Place<'_> {
    fn make(bench: &Bench) -> Result<Place<'_>, String> {
        let long = bench.bodies().join("1g");
        let made = File::create(&long).and_then(|file| file.set_len(LONG_BYTES));
        made.map_err(|error| format!("{}: {error}", long.display()))?;
        let (chain, key) = certificate(&bench.folder.path)?;
        let bundle = bench.folder.path.join("bundle.pem");
        let own = fs::read(&chain).map_err(|error| format!("bench: the certificate: {error}"))?;
        let system = fs::read(SYSTEM_BUNDLE).map_err(|error| format!("{SYSTEM_BUNDLE}: {error} (Debian: ca-certificates)"))?;
        machine::write(&bundle, [system, own].concat())?;
        Ok(Place { bench, origin: peers::start_trace_origin(bench, &chain, &key)?, bundle })
    }

    fn row(&self, row: &str) -> Result<String, String> {
        match row {
            "trace-first-line" => self.first_line(),
            "trace-fetch" => self.fetch(),
            _ => self.download(),
        }
    }

    fn command(&self, who: Who, path: &str, secure: bool) -> Command {
        let (scheme, port) = if secure { ("https", self.origin.tls) } else { ("http", self.origin.server.port) };
        let (url, resolve) = (format!("{scheme}://{NAME}:{port}{path}"), format!("{NAME}:{port}:127.0.0.1"));
        let mut command = match who {
            Who::Ours => {
                let mut command = Command::new(&self.bench.binary);
                command.arg("trace");
                command
            }
            Who::Curl => {
                let mut command = Command::new("curl");
                command.args(["-q", "-s", "--http1.1"]);
                command
            }
        };
        command
            .args(["-o", "/dev/null", "--resolve", &resolve, &url])
            .envs([("SSL_CERT_FILE", &self.bundle), ("CURL_CA_BUNDLE", &self.bundle)]);
        command.env_remove("SSL_CERT_DIR");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// From before the program is started to the first byte of its output.
    fn first_line(&self) -> Result<String, String> {
        let mut text =
            "\n## trace-first-line\n\nFrom the start of the process to the first byte of its output, 1 KiB over http.\n\n".to_string();
        line(&mut text, format_args!("| output | median | middle half | highest |\n|---|---:|---:|---:|"));
        for terminal in [false, true] {
            let mut all = Vec::new();
            for _ in 0..self.bench.plan.trace_runs {
                let mut command = self.command(Who::Ours, "/1k", false);
                let took = if terminal { first_on_terminal(&mut command) } else { first_on_pipe(&mut command) };
                all.push(micros(took.map_err(|error| format!("bench: trace: {error}"))?));
            }
            let highest = all.iter().copied().fold(0.0, f64::max);
            let [low, median, high] = quartiles(all);
            let name = if terminal { "terminal" } else { "pipe" };
            line(&mut text, format_args!("| {name} | {} | {} – {} | {} |", time(median), time(low), time(high), time(highest)));
        }
        Ok(text)
    }

    /// Whole runs, ours and curl's in turn.
    fn fetch(&self) -> Result<String, String> {
        let mut text = "\n## trace-fetch\n\nA whole run for 1 KiB, from the start of the process to its end.\n\n".to_string();
        line(
            &mut text,
            format_args!("| scheme | trace | middle half | curl | middle half | difference, paired |\n|---|---:|---:|---:|---:|---:|"),
        );
        for secure in [false, true] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for run in 0..self.bench.plan.trace_runs {
                // Whoever is second finds the caches of the first: they take turns.
                let order = if run % 2 == 0 { [Who::Ours, Who::Curl] } else { [Who::Curl, Who::Ours] };
                for who in order {
                    let took = micros(whole(&mut self.command(who, "/1k", secure))?.0);
                    if who == Who::Ours { ours.push(took) } else { theirs.push(took) }
                }
            }
            let differences = ours.iter().zip(&theirs).map(|(own, other)| own - other).collect();
            let [_, difference, _] = quartiles(differences);
            let ([low, own, high], [curl_low, curl, curl_high]) = (quartiles(ours), quartiles(theirs));
            let sign = if difference < 0.0 { "−" } else { "+" };
            line(
                &mut text,
                format_args!(
                    "| {} | {} | {} – {} | {} | {} – {} | {sign}{} |",
                    if secure { "https" } else { "http" },
                    time(own),
                    time(low),
                    time(high),
                    time(curl),
                    time(curl_low),
                    time(curl_high),
                    time(difference.abs())
                ),
            );
        }
        Ok(text)
    }

    /// 1 GiB, ours and curl's in turn.
    fn download(&self) -> Result<String, String> {
        let mut text = "\n## trace-download-1g\n\n1 GiB into `/dev/null`; peak of resident memory.\n\n".to_string();
        line(
            &mut text,
            format_args!("| scheme | trace MB / s | curl MB / s | × curl | trace MiB | curl MiB |\n|---|---:|---:|---:|---:|---:|"),
        );
        for secure in [false, true] {
            let (mut ours, mut theirs, mut peaks) = (Vec::new(), Vec::new(), [0_u64; 2]);
            for run in 0..self.bench.plan.trace_downloads {
                let order = if run % 2 == 0 { [Who::Ours, Who::Curl] } else { [Who::Curl, Who::Ours] };
                for who in order {
                    let (took, peak) = whole(&mut self.command(who, "/1g", secure))?;
                    #[expect(clippy::cast_precision_loss, reason = "1 GiB is far below 2^52")]
                    let rate = LONG_BYTES as f64 / took.as_secs_f64() / 1e6;
                    let (rates, place) = if who == Who::Ours { (&mut ours, 0) } else { (&mut theirs, 1) };
                    rates.push(rate);
                    peaks[place] = peaks[place].max(peak);
                }
            }
            let ([_, own, _], [_, curl, _]) = (quartiles(ours), quartiles(theirs));
            let scheme = if secure { "https" } else { "http" };
            let [own_peak, curl_peak] = peaks.map(|kib| kib / 1024);
            line(&mut text, format_args!("| {scheme} | {own:.0} | {curl:.0} | {:.2} | {own_peak} | {curl_peak} |", own / curl));
        }
        Ok(text)
    }
}

/// A certificate that signed itself and may sign no other, as both programs want it of a server.
fn certificate(folder: &Path) -> Result<(PathBuf, PathBuf), String> {
    let [config, chain, key] = ["trace.cnf", "trace.pem", "trace.key"].map(|name| folder.join(name));
    let text = format!(
        "[req]\ndistinguished_name = dn\nx509_extensions = v3\nprompt = no\n[dn]\nCN = {NAME}\n\
         [v3]\nsubjectAltName = DNS:{NAME}\nbasicConstraints = critical,CA:FALSE\n"
    );
    machine::write(&config, text)?;
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9", "-config"])
        .arg(&config)
        .arg("-out")
        .arg(&chain)
        .arg("-keyout")
        .arg(&key)
        .output()
        .map_err(|error| format!("bench: openssl cannot be run: {error}"))?;
    match made.status.success() {
        true => Ok((chain, key)),
        false => Err(format!("bench: no certificate: {}", String::from_utf8_lossy(&made.stderr).trim_end())),
    }
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}

fn first_on_pipe(command: &mut Command) -> io::Result<Duration> {
    let begin = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut out = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    out.read_exact(&mut [0; 1])?;
    let took = begin.elapsed();
    io::copy(&mut out, &mut io::sink())?;
    good(&mut child)?;
    Ok(took)
}

fn first_on_terminal(command: &mut Command) -> io::Result<Duration> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
    let theirs = OpenOptions::new().read(true).write(true).open(path)?;
    let begin = Instant::now();
    let mut child = command.stdout(theirs).spawn()?;
    // Its end of the terminal is the child's alone from here on, so that the end can be read.
    command.stdout(Stdio::null());
    let mut ours = File::from(ours);
    ours.read_exact(&mut [0; 1])?;
    let took = begin.elapsed();
    // A terminal that nobody has any more is an error, and the end.
    let _ = io::copy(&mut ours, &mut io::sink());
    good(&mut child)?;
    Ok(took)
}

fn good(child: &mut Child) -> io::Result<()> {
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}

/// How long a run took, and its peak of resident memory in KiB as far as it was seen: the kernel keeps the peak, and it is read every few
/// milliseconds until the end.
fn whole(command: &mut Command) -> Result<(Duration, u64), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |why: String| format!("bench: {name}: {why}");
    let begin = Instant::now();
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let pid = Pid::from_child(&child);
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let watching = thread::spawn(move || {
        let mut peak = 0;
        while ended.recv_timeout(Duration::from_millis(5)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            peak = peak.max(peak_of(&status));
            if begin.elapsed() > PATIENCE {
                let _ = kill_process(pid, Signal::KILL);
                break;
            }
        }
        peak
    });
    let waited = good(&mut child);
    let took = begin.elapsed();
    drop(end);
    let peak = watching.join().unwrap_or_default();
    waited.map_err(|error| failed(error.to_string()))?;
    Ok((took, peak))
}

fn peak_of(status: &Path) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    peak.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}
