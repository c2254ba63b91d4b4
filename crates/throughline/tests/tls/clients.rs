//! Certificates of clients.

use crate::certificates::Authority;
use crate::support::edge::Edge;
use crate::support::peers::Curl;
use crate::support::place::Place;

struct Rig {
    edge: Edge,
    curl: Curl,
    trust: String,
}

/// An edge that wants certificates of the authority `clients`; there are `good`, signed by it, and `bad`, signed by another.
fn rig(wanted: &str) -> Option<Rig> {
    let curl = Curl::find()?;
    let place = Place::new();
    let (own, clients) = (Authority::new("own", &place), Authority::new("clients", &place));
    let certificate = own.sign(&place, "edge", &["edge.example"], 90);
    clients.sign(&place, "good", &["client.example"], 90);
    clients.sign(&place, "late", &["late.example"], -1);
    Authority::new("others", &place).sign(&place, "bad", &["client.example"], 90);
    let config = format!(
        "[log]\n[[listener]]\nat = \"127.0.0.1:0\"\ntls = true\n{certificate}[tls]\nclient-certificates = \"{wanted}\"\n\
         client-ca = \"{}\"\n[[site]]\n[[site.route]]\nanswer = {{ body = \"secured\\n\" }}\n",
        clients.path(&place)
    );
    let trust = own.path(&place);
    Some(Rig { edge: Edge::with_place(place, &config), curl, trust })
}

impl Rig {
    /// Whether a client with this certificate is let in.
    fn lets_in(&self, file: Option<&str>) -> bool {
        let port = self.edge.at(0).port();
        let (resolve, url) = (format!("edge.example:{port}:127.0.0.1"), format!("https://edge.example:{port}/"));
        let own = file.map(|file| [self.edge.place.at(&format!("{file}.pem")), self.edge.place.at(&format!("{file}.key"))]);
        let mut arguments = vec!["-f", "--cacert", &self.trust, "--resolve", &resolve];
        if let Some([chain, key]) = &own {
            arguments.extend(["--cert", chain, "--key", key]);
        }
        arguments.push(&url);
        self.curl.run(&arguments).stdout == b"secured\n"
    }
}

#[test]
fn where_it_is_required_nobody_comes_in_without_a_good_one() {
    let Some(mut rig) = rig("required") else { return };
    assert!(rig.lets_in(Some("good")));
    let line = rig.edge.line();
    assert!(line.contains("\"client\":\"CN=client.example\""), "{line}");
    for (file, why) in [
        (None, "the client presented no certificate"),
        (Some("bad"), "the client's certificate is signed by somebody who is not trusted"),
        (Some("late"), "the client's certificate has expired"),
    ] {
        assert!(!rig.lets_in(file), "{file:?}");
        rig.edge.await_error(0, why);
    }
}

#[test]
fn where_it_is_optional_a_bad_one_is_worse_than_none() {
    let Some(mut rig) = rig("optional") else { return };
    assert!(rig.lets_in(None));
    let line = rig.edge.line();
    assert!(line.contains("\"resumed\":false,\"client\":\"\""), "{line}");
    assert!(rig.lets_in(Some("good")) && !rig.lets_in(Some("bad")));
}
