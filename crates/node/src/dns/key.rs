//! Keys that messages are signed with: what [`wire::dns::tsig`] leaves to others.

use aws_lc_rs::{constant_time, hmac};
use decide::config::{self, TsigAlgorithm};
use std::sync::Arc;
use wire::dns::Name;
use wire::dns::tsig::Key;

/// A shared secret, ready for use.
#[derive(Clone)]
pub(crate) struct TsigKey(Arc<Ready>);

struct Ready {
    name: Name,
    algorithm: TsigAlgorithm,
    key: hmac::Key,
}

impl TsigKey {
    pub(crate) fn new(key: &config::TsigKey) -> TsigKey {
        let digest = match key.algorithm {
            TsigAlgorithm::Sha256 => hmac::HMAC_SHA256,
            TsigAlgorithm::Sha384 => hmac::HMAC_SHA384,
            TsigAlgorithm::Sha512 => hmac::HMAC_SHA512,
        };
        let (name, algorithm, key) = (key.name.clone(), key.algorithm, hmac::Key::new(digest, &key.secret.0));
        TsigKey(Arc::new(Ready { name, algorithm, key }))
    }
}

impl Key for TsigKey {
    fn name(&self) -> &Name {
        &self.0.name
    }

    fn algorithm(&self) -> TsigAlgorithm {
        self.0.algorithm
    }

    fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0.key);
        parts.iter().for_each(|part| context.update(part));
        context.sign().as_ref().to_vec()
    }

    fn same(&self, one: &[u8], other: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(one, other).is_ok()
    }
}
