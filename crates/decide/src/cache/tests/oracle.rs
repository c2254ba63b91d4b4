//! The same questions put to `http-cache-semantics` 3.0.
//!
//! Where it follows other rules it is not asked:
//!
//! - it reads RFC 7234: `Pragma` counts, `must-understand` and targeted fields are unknown, and so is every status that is not in its list
//!   (RFC 9111 §3 lets an unknown status be stored by its explicit freshness);
//! - it compares the names of directives with case and splits lists at commas inside of quotes;
//! - a qualified `private` or `no-cache` is to it an unqualified one;
//! - `proxy-revalidate` alone makes stale at once, `Set-Cookie` likewise without `public`, `immutable` is a lifetime of a day;
//! - HEAD is stored, and POST without a `Content-Location`;
//! - age is what `Age` says and the time since: neither `Date` nor the delay counts (§4.2.3);
//! - two different values of a directive are a `must-revalidate`, where we use the first (§4.2.1 allows either).

use super::std::time::UNIX_EPOCH;
use super::*;
use crate::date::format_imf;
use alloc::format;
use http_cache_semantics::{CacheOptions, CachePolicy};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    status: u16,
    directives: Vec<String>,
    /// Seconds from `Date`, which is now.
    expires: Option<i64>,
    modified: Option<u64>,
    age: Option<u64>,
    credentials: bool,
    /// When the second request comes.
    later: u64,
}

fn directive() -> impl Strategy<Value = String> {
    let plain = ["no-store", "private", "public", "must-revalidate", "no-cache", "no-transform", "extension", "other=1"];
    prop_oneof![
        prop::sample::select(plain.to_vec()).prop_map(String::from),
        (0..400_u64).prop_map(|seconds| format!("max-age={seconds}")),
        (0..400_u64).prop_map(|seconds| format!("s-maxage={seconds}")),
    ]
}

/// No two of one name.
fn directives() -> impl Strategy<Value = Vec<String>> {
    let name = |directive: &String| directive.split('=').next().map(String::from);
    prop::collection::vec(directive(), 0..4).prop_map(move |mut all| {
        all.sort();
        all.dedup_by_key(|directive| name(directive));
        all
    })
}

fn case() -> impl Strategy<Value = Case> {
    let status = prop::sample::select(&[200_u16, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501][..]);
    let dates = (prop::option::of(-400..400_i64), prop::option::of(0..800_000_u64), prop::option::of(0..300_u64));
    (status, directives(), dates, any::<bool>(), 0..90_000_u64).prop_map(
        |(status, directives, (expires, modified, age), credentials, later)| {
            // Half of all second requests come while something may still be fresh.
            let later = if later % 2 == 0 { later % 400 } else { later };
            Case { status, directives, expires, modified, age, credentials, later }
        },
    )
}

impl Case {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let date = |at: Calendar| text(&format_imf(at));
        let mut lines = alloc::vec![("date", date(START))];
        if !self.directives.is_empty() {
            lines.push(("cache-control", self.directives.join(", ")));
        }
        let moved = |by: i64| Calendar(Duration::from_secs(START.0.as_secs().saturating_add_signed(by)));
        lines.extend(self.expires.map(|by| ("expires", date(moved(by)))));
        lines.extend(self.modified.map(|before| ("last-modified", date(moved(-before.cast_signed())))));
        lines.extend(self.age.map(|age| ("age", format!("{age}"))));
        lines
    }

    fn theirs(&self) -> (bool, bool) {
        let mut request = http::Request::builder().uri("https://www.example/page");
        if self.credentials {
            request = request.header("authorization", "x");
        }
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in self.lines() {
            response = response.header(name, value);
        }
        let (request, response) = (request.body(()).expect("a request"), response.body(()).expect("a response"));
        let start = UNIX_EPOCH + START.0;
        let policy = CachePolicy::new_options(&request, &response, start, CacheOptions::default());
        (policy.is_storable(), policy.is_storable() && !policy.is_stale(start + Duration::from_secs(self.later)))
    }

    fn ours(&self) -> (bool, bool) {
        let asked = get(if self.credentials { &["Authorization: x"] } else { &[] });
        let mut head = response(self.status, &[]);
        for (name, value) in self.lines() {
            head.fields.push(name.as_bytes(), value.as_bytes());
        }
        let policy = policy();
        let (storing, rule) = store(&asked, &head, &policy);
        let life = Life::of(&head, &head.fields, &Directives::of(&head.fields, &policy), at(0), &policy);
        // What is of no use could be stored by the protocol: that rule is our own.
        let storable = storing == Storing::Whole || rule == Rule::OfNoUse;
        let reuse = reuse(&life, &Wishes::default(), None, after(self.later), &mut Record::off()).0;
        (storable, storable && reuse == Reuse::Fresh)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn storability_and_freshness_agree(case in case()) {
        prop_assert_eq!(case.ours(), case.theirs(), "{:?}", case.lines());
    }
}
