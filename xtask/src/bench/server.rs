//! A server in a process group of its own: started, stopped and continued, its processor time and memory read.

use super::machine::{Afterwards, SERVER_CORE};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(5);

/// All processes of one running server. Killed when dropped.
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) port: u16,
    child: Child,
    group: Pid,
    /// Should the bench itself be killed: ends the whole group. A master that dies alone would leave its workers behind.
    _killing: Afterwards,
}

impl Server {
    /// Starts `command` (program and arguments), on its own core if it is `measured`, and waits until it `answers` on this port.
    pub(super) fn start(
        name: &'static str,
        command: &[&str],
        port: u16,
        measured: bool,
        answers: fn(u16) -> bool,
        log: &Path,
    ) -> Result<Server, String> {
        Server::start_within(name, command, port, measured, answers, (log, PATIENCE))
    }

    /// The same for one that has much to read first: it may take so long.
    pub(super) fn start_within(
        name: &'static str,
        command: &[&str],
        port: u16,
        measured: bool,
        answers: impl Fn(u16) -> bool,
        (log, patience): (&Path, Duration),
    ) -> Result<Server, String> {
        let core = SERVER_CORE.to_string();
        let pin: &[&str] = if measured { &["taskset", "-c", &core] } else { &[] };
        let output = fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = output.try_clone().map_err(|error| format!("{}: {error}", log.display()))?;
        let words: Vec<&str> = pin.iter().chain(command).copied().collect();
        let child = Command::new(words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{name} cannot be started: {error}"))?;
        let group = Pid::from_child(&child);
        let killing = Afterwards::run(&["kill", "-KILL", &format!("-{}", group.as_raw_nonzero())])?;
        let mut server = Server { name, port, child, group, _killing: killing };
        server.wait_until(answers, log, patience)?;
        Ok(server)
    }

    fn wait_until(&mut self, answers: impl Fn(u16) -> bool, log: &Path, patience: Duration) -> Result<(), String> {
        let begin = Instant::now();
        while !answers(self.port) {
            let ended = self.child.try_wait().ok().flatten();
            if ended.is_some() || begin.elapsed() > patience {
                let said = fs::read_to_string(log).unwrap_or_default();
                let how = ended.map_or_else(|| "does not answer".to_string(), |status| format!("ended ({status})"));
                return Err(format!("{} {how}; it said:\n{}", self.name, said.trim_end()));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Takes all its processes off the machine, without ending them.
    pub(super) fn stand_still(&self) -> Result<(), String> {
        self.signal(Signal::STOP)
    }

    /// Lets it run again.
    pub(super) fn go_on(&self) -> Result<(), String> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), String> {
        kill_process_group(self.group, signal).map_err(|error| format!("{} cannot be signalled: {error}", self.name))
    }

    /// User and system time that its processes have used, in seconds.
    pub(super) fn cpu_seconds(&self) -> f64 {
        let (user, system) = self.user_and_system_seconds();
        user + system
    }

    /// User time and system time that its processes have used, in seconds. The kernel counts in ticks.
    pub(super) fn user_and_system_seconds(&self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "ticks of a run are far below 2^52")]
        let seconds = |ticks: u64| ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        let processes = self.processes();
        let sum = |of: fn(&Process) -> u64| seconds(processes.iter().map(of).sum());
        (sum(|process| process.user_ticks), sum(|process| process.system_ticks))
    }

    /// Waits until a server of one thread has nothing to do; the time that it has had on a core, in nanoseconds. From the scheduler's
    /// books, which are exact only for who is off the core: the ticks of a short round would say nothing.
    pub(super) fn idle_nanos(&self) -> Result<u64, String> {
        let path = format!("/proc/{}/schedstat", self.group.as_raw_nonzero());
        let begin = Instant::now();
        while self.processes().iter().any(|process| process.runs) {
            if begin.elapsed() > Duration::from_secs(5) {
                return Err(format!("{} does not come to rest", self.name));
            }
            thread::yield_now();
        }
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        text.split(' ').next().and_then(|first| first.parse().ok()).ok_or_else(|| format!("{path} says {text}"))
    }

    /// Resident memory of its processes, in bytes.
    pub(super) fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most that it ever was, of each process.
    pub(super) fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, row: &str) -> u64 {
        let of = |process: &Process| {
            let status = fs::read_to_string(format!("/proc/{}/status", process.id)).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix(row));
            line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
        };
        self.processes().iter().map(of).sum()
    }

    /// The numbers of its processes.
    pub(super) fn ids(&self) -> Vec<u32> {
        self.processes().iter().map(|process| process.id).collect()
    }

    fn processes(&self) -> Vec<Process> {
        let group = self.group.as_raw_nonzero().get();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
        ids.filter_map(|id| read_stat(id, &fs::read_to_string(format!("/proc/{id}/stat")).ok()?))
            .filter(|process| process.group == group)
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A group that is gone already needs no killing; the child must be waited for in any case.
        let _ = kill_process_group(self.group, Signal::KILL);
        let _ = self.child.wait();
    }
}

struct Process {
    id: u32,
    group: i32,
    /// Or waits for a core.
    runs: bool,
    user_ticks: u64,
    system_ticks: u64,
}

/// Reads a line of `/proc/PID/stat`. The second field, the command, may hold blanks and brackets: the rest begins after the last bracket.
fn read_stat(id: u32, line: &str) -> Option<Process> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    // Fields 3, 5, 14 and 15 of proc(5), counted from 1; `fields` begins with field 3.
    Some(Process {
        id,
        group: fields.get(2)?.parse().ok()?,
        runs: *fields.first()? == "R",
        user_ticks: number(11)?,
        system_ticks: number(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_brackets_does_not_shift_the_fields() {
        let line = "7 (a b) c) S 1 42 42 0 -1 4194560 1 0 0 0 310 25 0 0 20 0 1 0 100 1 1";
        let process = read_stat(7, line).expect("the line is whole");
        assert_eq!((process.group, process.runs, process.user_ticks, process.system_ticks), (42, false, 310, 25));
    }

    #[test]
    fn the_group_is_ended_with_its_owner_even_if_it_stands_still() {
        let mut own = Command::new("sleep").arg("60").process_group(0).spawn().expect("sleep is there");
        let group = Pid::from_child(&own);
        kill_process_group(group, Signal::STOP).expect("it runs");
        drop(Afterwards::run(&["kill", "-KILL", &format!("-{}", group.as_raw_nonzero())]).expect("sh is there"));
        let begin = Instant::now();
        while own.try_wait().expect("it is ours").is_none() {
            assert!(begin.elapsed() < Duration::from_secs(60), "it still stands");
            thread::yield_now();
        }
    }

    #[test]
    fn our_own_time_grows_with_work() {
        let own = || read_stat(1, &fs::read_to_string("/proc/self/stat").expect("procfs is there")).expect("a line of procfs").user_ticks;
        let before = own();
        let mut sum = 1_u64;
        while own() < before + 2 {
            sum = std::hint::black_box(sum.wrapping_mul(3));
        }
        assert!(own() > before);
    }
}
