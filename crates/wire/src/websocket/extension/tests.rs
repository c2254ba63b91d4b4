use super::*;
use alloc::string::String;

fn fields(values: &[&str]) -> Fields {
    let mut fields = Fields::new();
    values.iter().for_each(|value| fields.push(b"sec-websocket-extensions", value.as_bytes()));
    fields
}

const NONE: DeflateParameters = DeflateParameters {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    server_max_window_bits: None,
    client_max_window_bits: None,
};

fn agree(offer: &str, ours: &DeflateParameters) -> Option<String> {
    let request = fields(&[offer]);
    assert_eq!(check_offers(&request), Ok(()), "{offer}");
    let agreed = agree_deflate(&request, ours)?;
    let answer = String::from_utf8(agreed.answer()).expect("ASCII");
    // What is answered fits the offer, and the client understands it as the server does.
    let understood = agreed_deflate(&request, &fields(&[&answer])).expect("an answer to this offer").expect("an agreement");
    assert_eq!(understood.by_server().window_bits, agreed.by_server().window_bits, "{offer}");
    assert!(understood.by_client().window_bits <= agreed.by_client().window_bits, "{offer}");
    assert_eq!(understood.by_server().takeover, agreed.by_server().takeover, "{offer}");
    assert!(agreed.by_client().takeover || !understood.by_client().takeover, "{offer}");
    Some(answer)
}

#[test]
fn offers_that_are_agreed_to() {
    // Offer, and the answer of a server that limits nothing itself.
    let offers = [
        ("permessage-deflate", "permessage-deflate"),
        ("PerMessage-Deflate", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        ("permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=8"),
        ("permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"),
        ("permessage-deflate;server_max_window_bits=\"1\\0\"", "permessage-deflate; server_max_window_bits=10"),
        ("permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"),
        ("permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"),
        (
            "permessage-deflate ; client_max_window_bits = 9 ; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=9",
        ),
        // RFC 7692 §7: the first offer that can be met.
        ("permessage-deflate; server_max_window_bits=7, permessage-deflate", "permessage-deflate"),
        (
            "x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=9, permessage-deflate",
            "permessage-deflate; server_max_window_bits=9",
        ),
        ("mux; max-channels=4; flow-control, permessage-deflate", "permessage-deflate"),
    ];
    for (offer, answer) in offers {
        assert_eq!(agree(offer, &NONE).as_deref(), Some(answer), "{offer}");
    }
}

#[test]
fn offers_that_are_declined() {
    // RFC 7692 §7.1
    let offers = [
        "x-webkit-deflate-frame",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; server_max_window_bits=1",
        "permessage-deflate; server_max_window_bits=100",
        "permessage-deflate; server_max_window_bits=x",
        "permessage-deflate; client_max_window_bits=0",
        "permessage-deflate; client_max_window_bits=+9",
    ];
    for offer in offers {
        assert_eq!(agree(offer, &NONE), None, "{offer}");
    }
    assert_eq!(agree_deflate(&Fields::new(), &NONE), None);
}

#[test]
fn limits_of_our_own() {
    let ours = DeflateParameters {
        server_no_context_takeover: true,
        client_no_context_takeover: true,
        server_max_window_bits: Some(11),
        client_max_window_bits: Some(10),
    };
    let both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=";
    let offers = [
        ("permessage-deflate", "11"),
        ("permessage-deflate; server_max_window_bits=9", "9"),
        ("permessage-deflate; server_max_window_bits=15", "11"),
        ("permessage-deflate; client_max_window_bits", "11; client_max_window_bits=10"),
        ("permessage-deflate; client_max_window_bits=12", "11; client_max_window_bits=10"),
        ("permessage-deflate; client_max_window_bits=8", "11; client_max_window_bits=8"),
    ];
    for (offer, end) in offers {
        assert_eq!(agree(offer, &ours), Some([both, end].concat()), "{offer}");
    }
}

#[test]
fn our_own_offer_is_valid() {
    let all = [None, Some(8), Some(9), Some(10), Some(15)];
    for (server_bits, client_bits) in all.into_iter().flat_map(|server| all.map(|client| (server, client))) {
        for flags in 0..4 {
            let ours = DeflateParameters {
                server_no_context_takeover: flags & 1 != 0,
                client_no_context_takeover: flags & 2 != 0,
                server_max_window_bits: server_bits,
                client_max_window_bits: client_bits,
            };
            let offer = String::from_utf8(ours.offer()).expect("ASCII");
            let agreed = agree_deflate(&fields(&[&offer]), &NONE);
            // A server that limits nothing agrees to exactly what is offered.
            assert_eq!(agreed, Some(ours), "{offer}");
            assert!(agree(&offer, &NONE).is_some());
        }
    }
}

/// What was offered, what is answered, and what is agreed.
type Row = (&'static str, &'static [&'static str], Result<Option<DeflateParameters>, HandshakeRule>);

#[test]
fn answers() {
    use HandshakeRule as Rule;
    let offer = "permessage-deflate; client_max_window_bits=12, x-other";
    let strict = "permessage-deflate; server_no_context_takeover; server_max_window_bits=10";
    let agreed = |server, client| Ok(Some(DeflateParameters { server_max_window_bits: server, client_max_window_bits: client, ..NONE }));
    let cases: [Row; 24] = [
        (offer, &[], Ok(None)),
        (offer, &["x-other"], Ok(None)),
        (offer, &["x-other; a=b"], Ok(None)),
        // The client keeps to its own hint where the server has said nothing.
        (offer, &["permessage-deflate"], agreed(None, Some(12))),
        (offer, &["permessage-deflate; client_max_window_bits=15"], agreed(None, Some(12))),
        (offer, &["permessage-deflate; client_max_window_bits=9"], agreed(None, Some(9))),
        (offer, &["permessage-deflate; server_max_window_bits=9"], agreed(Some(9), Some(12))),
        (offer, &["X-OTHER", "Permessage-Deflate"], agreed(None, Some(12))),
        (offer, &["permessage-deflate; client_max_window_bits"], Err(Rule::DeflateAnswer)),
        (offer, &["permessage-deflate; server_max_window_bits"], Err(Rule::DeflateAnswer)),
        (offer, &["permessage-deflate; server_max_window_bits=16"], Err(Rule::DeflateAnswer)),
        (offer, &["permessage-deflate; unknown"], Err(Rule::DeflateAnswer)),
        (offer, &["permessage-deflate, permessage-deflate"], Err(Rule::ExtensionRepeated)),
        (offer, &["x-other", "x-other"], Err(Rule::ExtensionRepeated)),
        (offer, &["permessage-bzip2"], Err(Rule::ExtensionNotOffered)),
        ("", &["permessage-deflate"], Err(Rule::ExtensionNotOffered)),
        (offer, &[""], Err(Rule::AnswerExtensionSyntax)),
        (offer, &["permessage-deflate;"], Err(Rule::AnswerExtensionSyntax)),
        (offer, &["permessage-deflate; a=\"b"], Err(Rule::AnswerExtensionSyntax)),
        (strict, &["permessage-deflate"], Err(Rule::DeflateAnswer)),
        (strict, &["permessage-deflate; server_no_context_takeover"], Err(Rule::DeflateAnswer)),
        (strict, &["permessage-deflate; server_max_window_bits=10"], Err(Rule::DeflateAnswer)),
        (strict, &["permessage-deflate; server_no_context_takeover; server_max_window_bits=11"], Err(Rule::DeflateAnswer)),
        // It was not offered.
        (
            strict,
            &["permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9"],
            Err(Rule::DeflateAnswer),
        ),
    ];
    for (offer, answer, result) in cases {
        let request = if offer.is_empty() { Fields::new() } else { fields(&[offer]) };
        assert_eq!(agreed_deflate(&request, &fields(answer)), result, "{answer:?} to {offer}");
    }
    // A client that has said so keeps nothing, whatever the answer.
    let alone = fields(&["permessage-deflate; client_no_context_takeover"]);
    let kept = DeflateParameters { client_no_context_takeover: true, ..NONE };
    assert_eq!(agreed_deflate(&alone, &fields(&["permessage-deflate"])), Ok(Some(kept)));
    // An answer may meet the second offer where the first was declined.
    let two = fields(&["permessage-deflate; server_max_window_bits=10, permessage-deflate"]);
    assert_eq!(agreed_deflate(&two, &fields(&["permessage-deflate"])), Ok(Some(NONE)));
}

#[test]
fn the_form_of_the_field() {
    let valid = ["a", "a, b", "a;b", "a;b=c", "a; b=\"c\"; d", "a;b=\"\\c\"", "a ;\tb = c , d"];
    for value in valid {
        assert_eq!(check_offers(&fields(&[value])), Ok(()), "{value}");
    }
    let broken = [
        "",
        ",",
        "a,",
        "a b",
        "a;",
        "a;;b",
        "a;=b",
        "a;b=",
        "a;b=\"\"",
        "a;b=\"",
        "a;b=\"c",
        "a;b=c\"",
        "a;b=\"c d\"",
        "\"a\"",
        "a;b=\"c,d\"",
        "a;b=\"c;d\"",
        "a;b=\"c\\\"",
        "a/b",
        "a;b=c=d",
        "é",
    ];
    for value in broken {
        assert_eq!(check_offers(&fields(&[value])), Err(HandshakeRule::ExtensionSyntax), "{value}");
    }
}

#[test]
fn more_extensions_than_are_read() {
    let list = |count: usize| alloc::vec!["a"; count].join(", ");
    assert_eq!(check_offers(&fields(&[&list(MOST)])), Ok(()));
    assert_eq!(check_offers(&fields(&[&list(MOST), "a"])), Err(HandshakeRule::TooManyExtensions));
    // What was not read was not offered.
    let request = fields(&[&list(MOST), "permessage-deflate"]);
    assert_eq!(agree_deflate(&request, &NONE), None);
    assert_eq!(agreed_deflate(&request, &fields(&["permessage-deflate"])), Err(HandshakeRule::ExtensionNotOffered));
}
