//! A machine for tests, whose files are made here.

use super::super::disk::Disk;
use decide::config::Trust;
use decide::time::{Calendar, Duration};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, LazyLock};

/// The machine, with the directories that it is asked for or not.
pub(super) struct Paper(pub(super) fn(&str) -> bool);

/// 2026-11-22T00:00:00Z
pub(super) const TODAY: Calendar = Calendar(Duration::from_secs(1_795_305_600));

/// The files by the ends of their paths.
static FILES: LazyLock<BTreeMap<&str, String>> = LazyLock::new(|| {
    let key = || KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "paper authority");
    let authority_key = key();
    let authority_pem = authority.self_signed(&authority_key).expect("a certificate").pem();
    let issuer = Issuer::new(authority, authority_key);
    let leaf = |names: &[&str], until: i32| {
        let mut leaf = CertificateParams::new(names.iter().map(|name| name.to_string()).collect::<Vec<_>>()).expect("names");
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.not_before = rcgen::date_time_ymd(2026, 1, 1);
        leaf.not_after = rcgen::date_time_ymd(until / 10_000, (until / 100 % 100) as u8, (until % 100) as u8);
        let own = key();
        (leaf.signed_by(&own, &issuer).expect("a certificate").pem(), own.serialize_pem())
    };
    let (example, example_key) = leaf(&["example.com", "*.example.com"], 20_270_601);
    let (soon, soon_key) = leaf(&["example.com"], 20_261_202);
    let (expired, expired_key) = leaf(&["example.com"], 20_261_120);
    BTreeMap::from([
        ("fullchain.pem", format!("{example}{authority_pem}")),
        ("privkey.pem", example_key.clone()),
        ("leaf.pem", format!("{example}{example_key}")),
        ("soon.pem", format!("{soon}{authority_pem}{soon_key}")),
        ("expired.pem", format!("{expired}{authority_pem}{expired_key}")),
        ("other.pem", soon_key),
        ("ca.pem", authority_pem),
        ("cut.pem", example[..200].to_string()),
        ("empty.pem", String::new()),
        ("open.pem", example_key),
        ("example.com.zone", "more A 192.0.2.1\n".to_string()),
        ("root.hints", ". NS a.root\na.root A 192.0.2.1\n".to_string()),
        ("whole.zone", "@ SOA ns admin 1 2 3 4 5\n@ NS ns\nns A 192.0.2.53\nns A 192.0.2.54\nmail MX 1 ns\n".to_string()),
        ("mistaken.zone", "@ SOA ns admin 1 2 3 4\n@ NS ns\nns A 192.0.2\nwww CNAME ns\nwww A 192.0.2.1\n".to_string()),
        (
            "signed.zone",
            "@ SOA ns admin 1 2 3 4 5\n@ NS ns.elsewhere.\nwww 300 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww 300 A 192.0.2.1\n\
             twice A 192.0.2.3\ntwice A 192.0.2.3\nsigned A 192.0.2.4\nsigned A 192.0.2.5\n\
             signed RRSIG A 8 3 300 20300101000000 20260101000000 1 example.com. AAAA\n"
                .to_string(),
        ),
        ("transfer.key", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==\n".to_string()),
        ("cookie.secret", "e5e973e5a6b2a43f48e7dc849e37bfcf\n445536bcd2513298075a5d379663c962\n".to_string()),
        ("short.secret", "e5e973e5a6b2a43f48e7dc849e37bf\n".to_string()),
        ("root.hints", ". NS a.root\na.root A 192.0.2.1\n".to_string()),
        ("measure.key", "0123456789abcdef0123456789abcdef".to_string()),
    ])
});

impl Disk for Paper {
    fn is_directory(&self, path: &str) -> bool {
        self.0(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path.ends_with("secret.pem") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let found = FILES.iter().find(|(name, _)| path.ends_with(*name)).ok_or(io::ErrorKind::NotFound)?;
        Ok(found.1.clone().into_bytes())
    }

    fn is_open_to_all(&self, path: &str) -> bool {
        path.ends_with("open.pem")
    }

    fn authorities(&self) -> Trust {
        let two = FILES["ca.pem"].repeat(2);
        Arc::new(node::tls::certificate::trust_of_pem(two.as_bytes()).expect("authorities"))
    }

    fn state(&self) -> Option<String> {
        Some("/home/owner/.local/state/throughline".to_string())
    }

    fn now(&self) -> Calendar {
        TODAY
    }
}
