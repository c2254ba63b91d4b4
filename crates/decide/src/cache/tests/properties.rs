//! What must hold for any run of requests and responses.

use super::model::Cache;
use super::*;
use crate::date::format_imf;
use alloc::format;
use proptest::prelude::*;

/// A request, and what the origin answers if it is asked.
#[derive(Clone, Debug)]
struct Turn {
    method: usize,
    target: usize,
    request: Vec<(usize, String)>,
    status: u16,
    response: Vec<(usize, String)>,
    gone: bool,
    pause: u64,
    purge: Option<bool>,
}

const METHODS: [&str; 5] = ["GET", "GET", "GET", "HEAD", "POST"];
const TARGETS: [&str; 3] = ["/page", "/page?a", "/other"];
const ASKED: [&str; 9] = [
    "Cache-Control",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "If-Range",
    "Authorization",
    "Accept-Language",
    "Foo",
    "Accept-Encoding",
];
const ANSWERED: [&str; 12] = [
    "Cache-Control",
    "CDN-Cache-Control",
    "ETag",
    "Last-Modified",
    "Expires",
    "Age",
    "Vary",
    "Content-Range",
    "Set-Cookie",
    "Cache-Tag",
    "Location",
    "Connection",
];

/// Values near to what means something, and any others.
fn value() -> impl Strategy<Value = String> {
    let words = [
        "max-age=5",
        "max-age=0, stale-while-revalidate=9",
        "no-store, max-age=9",
        "no-cache",
        "private, max-age=9",
        "public",
        "s-maxage=3",
        "stale-if-error=9, max-age=1",
        "\"a\"",
        "\"b\"",
        "W/\"a\"",
        "*",
        "Foo",
        "Accept-Language, Foo",
        "bytes=0-3",
        "bytes=2-",
        "bytes=-2",
        "bytes 0-3/7",
        "bytes 2-6/7",
        "0",
        "2",
        "en, de",
        "de",
        "/other",
        "a b",
        "only-if-cached",
        "max-stale",
    ];
    prop_oneof![
        8 => prop::sample::select(words.to_vec()).prop_map(String::from),
        2 => (-9..9_i64).prop_map(|by| text(&format_imf(Calendar(Duration::from_secs(START.0.as_secs().saturating_add_signed(by)))))),
        1 => "[ -~]{0,16}",
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    let lines = |names: usize| prop::collection::vec((0..names, value()), 0..4);
    let status = prop::sample::select(&[200_u16, 200, 200, 206, 206, 304, 304, 404, 500, 503, 301, 999][..]);
    let purge = prop::option::weighted(0.1, any::<bool>());
    let request = (0..METHODS.len(), 0..TARGETS.len(), lines(ASKED.len()));
    (request, status, lines(ANSWERED.len()), prop::bool::weighted(0.05), 0..4_u64, purge).prop_map(
        |((method, target, request), status, response, gone, pause, purge)| Turn {
            method,
            target,
            request,
            status,
            response,
            gone,
            pause,
            purge,
        },
    )
}

impl Turn {
    fn request(&self) -> RequestHead {
        let mut head = request(Method::of(METHODS[self.method]), TARGETS[self.target], &[]);
        self.request.iter().for_each(|(name, value)| head.fields.push(ASKED[*name].as_bytes(), value.trim().as_bytes()));
        head
    }

    fn response(&self, now: Calendar) -> ResponseHead {
        let mut head = response(self.status, &[]);
        head.fields.push_known(Known::Date, &format_imf(now));
        self.response.iter().for_each(|(name, value)| head.fields.push(ANSWERED[*name].as_bytes(), value.trim().as_bytes()));
        head
    }
}

fn restricted(fields: &Fields) -> bool {
    let directives = Directives::of(fields, &policy());
    directives.no_store || directives.private == Extent::Whole || fields.all(Known::Vary).any(|value| value == b"*")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn any_exchange_keeps_the_rules(turns in prop::collection::vec(turn(), 1..14), obey in any::<bool>()) {
        let mut cache = Cache::new(Policy { obey_requests: obey, ..policy() });
        let mut now = START;
        // Contents of seven bytes that nobody else may get.
        let mut secret: Vec<Vec<u8>> = Vec::new();
        for (index, turn) in turns.iter().enumerate() {
            if let Some(hard) = turn.purge {
                cache.purges.purge(b"a", if hard { Purge::Hard } else { Purge::Soft }, now);
            }
            let (request, response) = (turn.request(), turn.response(now));
            let body = format!("body{index:03}").into_bytes();
            let mut asked = 0;
            let given = cache.request(&request, now, &mut |_| {
                asked += 1;
                (!turn.gone).then(|| (response.clone(), if matches!(turn.status, 304) { Vec::new() } else { body.clone() }))
            });
            prop_assert!(asked <= 2, "at most once more without conditions");
            if given.asked.is_empty() && given.status != 504 {
                prop_assert!(given.fields.has(Known::Age), "RFC 9111 §4: a stored response has an Age");
                prop_assert!(given.status == 304 || !secret.contains(&given.body), "{:?}", given.record);
            }
            if restricted(&response.fields) {
                secret.push(body);
            }
            now = Calendar(now.0 + Duration::from_secs(turn.pause));
        }
    }
}
