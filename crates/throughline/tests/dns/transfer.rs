//! Zones handed to others: to `dig` and `kdig`, and to NSD and Knot as secondaries, signed.

use crate::ask::{Ask, Asker};
use crate::primary::{KEY, Primary, SECRET};
use crate::servers::{knot, nsd, somewhere};
use crate::support::PATIENCE;
use crate::support::peers::find;
use domain::base::iana::Rtype;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

/// What a program of the command line says; its name is the first argument.
fn said(program: &str, server: SocketAddr, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(find(program)?);
    command.arg(format!("@{}", server.ip())).args(["-p", &server.port().to_string()]).args(arguments);
    let output = command.output().expect("it runs");
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn zone(serial: u32, rest: &str) -> String {
    format!("$TTL 60\n@ SOA ns1 hostmaster {serial} 7200 1 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\nwww A 192.0.2.80\n{rest}")
}

/// Waits until a server says this of the zone's serial.
fn await_serial(asker: &mut Asker, serial: u32) {
    let ask = Ask { name: "example.test.".to_owned(), kind: Rtype::SOA, edns: None };
    let began = Instant::now();
    loop {
        let said = asker.ask(&ask);
        if said.answer.iter().any(|line| line.contains(&format!(" {serial} "))) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "no version {serial}: {said:?}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn tools_get_a_zone_whole() {
    let many: String = (0..30_000).map(|number| format!("host{number} A 10.{}.{}.1\n", number / 256, number % 256)).collect();
    let primary = Primary::start(&zone(1, &many), &format!("transfer = [\"127.0.0.1 key {KEY}\", \"127.0.0.3\"]"));
    let key = format!("hmac-sha256:{KEY}:{SECRET}");
    for tool in ["dig", "kdig"] {
        let Some(whole) = said(tool, primary.at, &["-y", &key, "+nocomments", "axfr", "example.test"]) else { return };
        let lines = whole.lines().filter(|line| line.contains("\tA\t") || line.contains(" A ")).count();
        assert_eq!(lines, 30_002, "{tool}: {}", &whole[..whole.len().min(600)]);
        assert_eq!(whole.lines().filter(|line| line.contains("SOA")).count(), 2, "{tool}");
        // Another address needs no key.
        let open = said(tool, primary.at, &["-b", "127.0.0.3", "axfr", "example.test"]).expect("it is there");
        assert!(open.matches("SOA").count() >= 2, "{tool}: {}", &open[..open.len().min(600)]);
    }
    primary.edge.await_error(0, "transferred zone=example.test");
}

#[test]
fn who_may_not_have_it_is_told_why() {
    let settings = format!("transfer = [\"127.0.0.1 key {KEY}\"]");
    let primary = Primary::start(&zone(1, ""), &settings);
    let wrong = format!("hmac-sha256:{KEY}:{}", "d3Jvbmcgd3Jvbmcgd3JvbmcgIQ==");
    let unknown = format!("hmac-sha256:nobody:{SECRET}");
    let other = format!("hmac-sha512:{KEY}:{SECRET}");
    let ask = |arguments: &[&str]| said("kdig", primary.at, arguments);
    let Some(unsigned) = ask(&["+edns", "axfr", "example.test"]) else { return };
    assert!(unsigned.contains("REFUSED"), "{unsigned}");
    let elsewhere = ask(&["-y", &format!("hmac-sha256:{KEY}:{SECRET}"), "-b", "127.0.0.2", "axfr", "example.test"]).expect("it is there");
    assert!(elsewhere.contains("REFUSED"), "{elsewhere}");
    for (key, error) in [(&wrong, "BADSIG"), (&unknown, "BADKEY"), (&other, "BADKEY")] {
        let refused = ask(&["-y", key, "axfr", "example.test"]).expect("it is there");
        assert!(refused.contains(error) || refused.contains("NOTAUTH"), "{error}: {refused}");
    }
    let no_zone = ask(&["axfr", "example.com"]).expect("it is there");
    assert!(no_zone.contains("NOTAUTH"), "{no_zone}");
    primary.edge.await_error(0, "transfer-refused zone=example.test");
    // Any other question may be signed as well, and its answer is.
    let signed = ask(&["-y", &format!("hmac-sha256:{KEY}:{SECRET}"), "www.example.test"]).expect("it is there");
    assert!(signed.contains("192.0.2.80") && signed.contains("TSIG"), "{signed}");
    let current = ask(&["-y", &format!("hmac-sha256:{KEY}:{SECRET}"), "ixfr=1", "example.test"]).expect("it is there");
    assert_eq!(current.matches("SOA").count(), 1, "it has this version: {current}");
}

#[test]
fn secondaries_follow() {
    let (of_nsd, of_knot) = (somewhere(), somewhere());
    let settings = format!("transfer = [\"127.0.0.0/8 key {KEY}\"]\nnotify = [\"{of_nsd} key {KEY}\", \"{of_knot} key {KEY}\"]");
    let names = "*.wild TXT \"a wildcard\"\nalias CNAME www\ntree DNAME www\ncut NS ns.cut\nns.cut A 192.0.2.53\n\
                 svc HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.80\nodd\\.name\\032 TXT \"\\000\\255\"\n\
                 _sip._tcp SRV 1 2 5060 www\n@ CAA 0 issue \"ca.example\"\n";
    let primary = Primary::start(&zone(4_294_967_295, names), &settings);
    let (ip, port) = (primary.at.ip(), primary.at.port());
    let nsd = nsd(
        of_nsd,
        &format!("key:\n name: \"{KEY}\"\n algorithm: hmac-sha256\n secret: \"{SECRET}\"\n"),
        &[(
            "example.test".to_owned(),
            format!(" zonefile: \"example\"\n request-xfr: AXFR {ip}@{port} {KEY}\n allow-notify: {ip} {KEY}\n"),
        )],
    );
    let knot = knot(
        of_knot,
        &format!(
            "key:\n  - id: {KEY}\n    algorithm: hmac-sha256\n    secret: {SECRET}\n\
             remote:\n  - id: primary\n    address: {ip}@{port}\n    key: {KEY}\n\
             acl:\n  - id: notices\n    address: {ip}\n    key: {KEY}\n    action: notify\n"
        ),
        &[("example.test".to_owned(), "    master: primary\n    acl: notices\n".to_owned())],
    );
    let (Some(nsd), Some(knot)) = (nsd, knot) else { return };
    let mut askers = [Asker::of(nsd.at), Asker::of(knot.at)];
    askers.iter_mut().for_each(|asker| await_serial(asker, 4_294_967_295));
    the_same_of_all(&primary, &mut askers);
    // A new version, whose serial goes round; the secondaries are told.
    primary.rewrite(&zone(3, &format!("{names}new A 192.0.2.99\n")));
    let mut lines = primary.reload();
    askers.iter_mut().for_each(|asker| await_serial(asker, 3));
    for to in [of_nsd, of_knot] {
        primary.edge.await_error(lines, &format!("notified zone=example.test to={to} serial=3"));
    }
    the_same_of_all(&primary, &mut askers);
    // Another one that nobody can see: they are not told, but the log is.
    primary.rewrite(&zone(3, names));
    lines = primary.reload();
    primary.edge.await_error(lines, "serial-stands zone=example.test serial=3 why=same");
    // A file with a mistake: the last good version stays.
    primary.rewrite(&zone(4, "www A 192.0.2.300\n"));
    primary.refused_reload("example.zone:6:7");
    await_serial(&mut Asker::of(primary.at), 3);
}

fn the_same_of_all(primary: &Primary, askers: &mut [Asker]) {
    let mut ours = Asker::of(primary.at);
    let names = [
        "",
        "www.",
        "x.wild.",
        "alias.",
        "below.tree.",
        "cut.",
        "x.cut.",
        "svc.",
        "odd\\.name\\032.",
        "_sip._tcp.",
        "_tcp.",
        "new.",
        "no.",
    ];
    for name in names {
        for kind in [Rtype::A, Rtype::TXT, Rtype::NS, Rtype::SOA, Rtype::HTTPS, Rtype::SRV, Rtype::CAA] {
            let ask = Ask { name: format!("{name}example.test."), kind, edns: Some(false) };
            let expected = ours.ask(&ask);
            for asker in &mut *askers {
                let began = Instant::now();
                loop {
                    let said = asker.ask(&ask);
                    let [theirs, ours] = [&said, &expected].map(|said| (&said.code, said.authoritative, &said.answer));
                    if theirs == ours {
                        break;
                    }
                    // While a process of NSD with the new version begins, one with the old version may answer still.
                    assert!(began.elapsed() < PATIENCE, "{ask:?}: {theirs:?} in place of {ours:?}");
                }
            }
        }
    }
}

#[test]
fn a_notice_is_refused_here() {
    let primary = Primary::start(&zone(1, ""), "");
    let Some(said) = said("kdig", primary.at, &["notify=1", "example.test"]) else { return };
    assert!(said.contains("NOTAUTH") || said.contains("REFUSED") || said.contains("NOTIMP"), "{said}");
}
