//! What ended a journey before the page: at which station, on whose side, why, and what to try; in one sentence.

use super::redirect::Astray;
use super::url::Refused;
use crate::content::CharsetRule;
use crate::resolve::Trouble;
use crate::time::Duration;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

/// A station of the path, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Station {
    /// What this machine does: files, memory.
    Machine,
    /// The URL.
    Url,
    /// Its host's name.
    Name,
    /// The connection.
    Connect,
    /// Its security.
    Tls,
    /// Request and answer.
    Http,
    /// The WebSocket, once it is open.
    Socket,
    /// From the bytes of the answer to what they mean.
    Decode,
}

impl Station {
    /// The name people see, and steps.
    pub const fn name(self) -> &'static str {
        match self {
            Station::Machine => "Machine",
            Station::Url => "URL",
            Station::Name => "Name",
            Station::Connect => "Connect",
            Station::Tls => "TLS",
            Station::Http => "HTTP",
            Station::Socket => "Socket",
            Station::Decode => "Decode",
        }
    }

    /// The command's exit code when a journey ends here. 2 is the command line's own. A page of which something is missing is a page.
    pub const fn exit(self) -> u8 {
        match self {
            Station::Machine => 1,
            Station::Url => 11,
            Station::Name => 12,
            Station::Connect => 13,
            Station::Tls => 14,
            Station::Http => 15,
            Station::Socket => 18,
            Station::Decode => 16,
        }
    }
}

/// Whose side a fault is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Whoever typed the command.
    You,
    /// This machine.
    Machine,
    /// The name service: the resolver, or the name's own servers.
    Names,
    /// What lies between here and the server.
    Network,
    /// The server.
    Server,
}

impl Whose {
    /// The word in steps.
    pub const fn word(self) -> &'static str {
        match self {
            Whose::You => "you",
            Whose::Machine => "machine",
            Whose::Names => "names",
            Whose::Network => "network",
            Whose::Server => "server",
        }
    }

    const fn clause(self) -> &'static str {
        match self {
            Whose::You => "by what was asked for",
            Whose::Machine => "on this machine",
            Whose::Names => "in the name service",
            Whose::Network => "somewhere on the way",
            Whose::Server => "on the server's side",
        }
    }
}

/// What ended a journey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub station: Station,
    /// Whose side.
    pub whose: Whose,
    /// One word for programs.
    pub word: &'static str,
    /// A clause.
    pub why: String,
    /// What to try: a clause.
    pub remedy: String,
}

impl Fault {
    /// All of it.
    pub fn new(station: Station, whose: Whose, word: &'static str, why: impl Into<String>, remedy: impl Into<String>) -> Fault {
        Fault { station, whose, word, why: why.into(), remedy: remedy.into() }
    }

    /// The one sentence.
    pub fn sentence(&self) -> String {
        format!("{} failed {}: {}; {}.", self.station.name(), self.whose.clause(), self.why, self.remedy)
    }

    /// No URL.
    pub fn of_url(typed: &str, refused: &Refused) -> Fault {
        let fault = |word, why, remedy: &str| Fault::new(Station::Url, Whose::You, word, why, remedy);
        match refused {
            Refused::Grammar(why) => {
                fault("no-url", format!("{typed:?} is no URL, for {why}"), "write it as http://host/path or https://host/path")
            }
            Refused::Scheme(scheme) => {
                fault("scheme", format!("the scheme {scheme} is not one that can be traced"), "use http, https, ws or wss")
            }
        }
    }

    /// No address.
    pub fn of_name(name: &str, trouble: &Trouble) -> Fault {
        let fault = |whose, word, why, remedy: &str| Fault::new(Station::Name, whose, word, why, remedy);
        match trouble {
            Trouble::NotAName => fault(
                Whose::You,
                "not-a-name",
                format!("{name} cannot be a name of DNS"),
                "look at its labels: each has 1 to 63 letters, and all together have at most 253",
            ),
            Trouble::NoSuchName => fault(
                Whose::Names,
                "no-such-name",
                format!("there is no name {name} (NXDOMAIN)"),
                "look at the spelling, or ask the owner of the domain whether it is registered and published",
            ),
            Trouble::NoAddress => fault(
                Whose::Names,
                "no-address",
                format!("{name} is there, but has no address (no A and no AAAA record)"),
                "ask the owner of the domain, or try another name of it, such as www.",
            ),
            Trouble::Unanswered(why) => fault(
                Whose::Names,
                "unanswered",
                format!("nobody said what {name} means: {why}"),
                "try again later, ask another resolver, or see with another name whether yours works at all",
            ),
            Trouble::TooMuch(what) => fault(
                Whose::Names,
                "too-much",
                format!("the search for {name} was given up: {what}"),
                "tell the owner of the domain that its names lead in circles or too far",
            ),
            Trouble::Machine(why) => fault(
                Whose::Machine,
                "machine",
                format!("this machine could not ask what {name} means: {why}"),
                "look at its network, at /etc/hosts and at /etc/resolv.conf",
            ),
        }
    }

    /// An answer that points nowhere.
    pub fn of_redirect(status: u16, location: &str, astray: &Astray) -> Fault {
        let fault = |word, why, remedy: &str| Fault::new(Station::Http, Whose::Server, word, why, remedy);
        match astray {
            Astray::NoLocation => fault(
                "no-location",
                format!("it answered {status} and did not say where to go (no Location)"),
                "tell whoever runs it; --no-follow shows the answer itself",
            ),
            Astray::Unreadable(Refused::Grammar(why)) => fault(
                "bad-location",
                format!("it sends us to {location:?}, which is no URL, for {why}"),
                "tell whoever runs it; --no-follow shows the answer itself",
            ),
            Astray::Unreadable(Refused::Scheme(scheme)) => fault(
                "bad-location",
                format!("it sends us to a URL of the scheme {scheme}, which cannot be traced"),
                "open it with the program it is for",
            ),
            Astray::Loop => fault(
                "redirect-loop",
                format!("it sends us to {location}, where we have been before, and so on for ever"),
                "look at its rules for redirects; a cookie may be what it waits for (-H 'Cookie: …')",
            ),
            Astray::TooMany => fault(
                "too-many-redirects",
                "it sends us on and on".to_owned(),
                "look at its rules for redirects, or let more be followed with --max-redirects",
            ),
        }
    }

    /// A content coding that could not be undone: by its name, what is wrong with it, and how far it came.
    pub fn of_coding(coding: &str, torn: bool, before: u64, after: u64) -> Fault {
        let came = format!("{after} bytes came out of {before}");
        let (word, why, remedy) = match torn {
            true => (
                "torn-coding",
                format!("the body is whole, and its {coding} ends too early: {came}"),
                "look at what writes it there: it stops before its end, or a length is counted of something else; --raw -o keeps the bytes",
            ),
            false => (
                "bad-coding",
                format!("the body is called {coding}, and is none or is damaged: {came}"),
                "look whether something there names a coding that it does not use, or uses it twice; --raw -o keeps the bytes as they came",
            ),
        };
        Fault::new(Station::Decode, Whose::Server, word, why, remedy)
    }

    /// Bytes that are not of the encoding that somebody named.
    pub fn of_charset(charset: &str, rule: CharsetRule, malformed: u64, first: u64) -> Fault {
        let (said, remedy) = match rule {
            CharsetRule::ByteOrderMark => {
                ("its first bytes say so (a byte order mark)", "look at what wrote the file, and in which encoding")
            }
            CharsetRule::ContentType => {
                ("Content-Type says so", "save the content in that encoding, or name in Content-Type the one that it has")
            }
            CharsetRule::Meta => {
                ("its meta element says so", "save the content in that encoding, or name in the meta element the one it has")
            }
            CharsetRule::XmlDeclaration => {
                ("its XML declaration says so", "save the content in that encoding, or name in the declaration the one it has")
            }
            CharsetRule::Format | CharsetRule::Guess | CharsetRule::Default => {
                ("its format says so, where nothing else does", "save the content in that encoding, or name another in Content-Type")
            }
        };
        let places = if malformed == 1 { "place is" } else { "places are" };
        let why = format!("the text is read as {charset}, for {said}, but {malformed} {places} none of it, the first at byte {first}");
        Fault::new(Station::Decode, Whose::Server, "wrong-charset", why, remedy)
    }

    /// `--max-time` is over.
    pub fn too_long(station: Station, limit: Duration) -> Fault {
        let doing = match station {
            Station::Name => "the name was still being looked up",
            Station::Connect => "the connection was not there yet",
            Station::Tls => "the handshake was still going on",
            Station::Socket => "the WebSocket was still open",
            _ => "the answer was not whole yet",
        };
        let why = format!("{doing} when the {} s of --max-time were over", limit.as_secs_f64());
        Fault::new(station, Whose::You, "max-time", why, "give it more time, or look above for the step that took it")
    }
}

#[cfg(test)]
mod tests;
