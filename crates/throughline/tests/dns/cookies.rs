//! Cookies of several servers behind one address: NSD and this one, which share a secret (RFC 9018 §5).

use crate::servers::{nsd, somewhere};
use crate::support::edge::Edge;
use crate::support::peers::find;
use crate::support::place::Place;
use std::net::SocketAddr;
use std::process::Command;

const SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
const ZONE: &str = "@ 60 SOA ns h 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n";

/// The cookie that a server gives to who shows this one.
fn given(server: SocketAddr, shown: &str) -> Option<String> {
    let (port, cookie) = (server.port().to_string(), format!("+cookie={shown}"));
    let arguments = [&format!("@{}", server.ip()), "-p", &port, &cookie, "e.test", "SOA"];
    let output = Command::new(find("dig")?).args(arguments).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("; COOKIE: ")).unwrap_or_else(|| panic!("no cookie: {text}"));
    Some(line.split(' ').next().unwrap_or_default().to_string())
}

#[test]
fn nsd_and_this_one_know_each_others_cookies() {
    let place = Place::new();
    let (file, secret) = (place.file("e.zone", ZONE), place.file("cookie.secret", format!("{SECRET}\n")));
    let keys = format!("server:\n answer-cookie: yes\n cookie-secret: \"{SECRET}\"\n");
    let Some(other) = nsd(somewhere(), &keys, &[("e.test".to_string(), format!(" zonefile: \"{file}\"\n"))]) else { return };
    let (at, http) = (somewhere(), somewhere());
    let config = format!(
        "[[listener]]\nat = \"{http}\"\n[[site]]\n[[site.route]]\nanswer = {{ body = \"\" }}\n\
         [dns]\nat = [\"{at}\"]\ncookie-secret-file = \"{secret}\"\n[zone.\"e.test\"]\nfile = \"{file}\"\n"
    );
    let _edge = Edge::with_place(place, &config);
    for (gives, knows) in [(other.at, at), (at, other.at)] {
        let Some(cookie) = given(gives, "0102030405060708") else { return };
        assert_eq!(cookie.len(), 48, "both parts: {cookie}");
        assert_eq!(given(knows, &cookie).as_deref(), Some(&*cookie), "a good one stays");
    }
}
