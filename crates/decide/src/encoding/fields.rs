//! The fields of an answer whose content is coded here.

use crate::conditional::{Etag, lists};
use crate::files::Coding;
use alloc::vec::Vec;
use wire::http::{Field, Fields, Known};

/// Makes the fields those of the same answer in this coding.
pub fn coded(fields: &mut Fields, coding: Coding) {
    weaken(fields);
    // What is measured of other bytes (RFC 9530 §2, §3: both digests are of the coded content), and parts of them that are not offered.
    fields.retain(|field| !describes_content(&field) && !matches!(field.known, Known::ContentLength | Known::AcceptRanges));
    // RFC 9110 §8.4
    fields.push_known(Known::ContentEncoding, coding.token().as_bytes());
    varies(fields);
}

/// Says that another client may get the same answer in another coding (RFC 9110 §12.5.5).
pub fn varies(fields: &mut Fields) {
    let said = fields.all(Known::Vary).flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    let is_it = |name: &[u8]| name == b"*" || name.eq_ignore_ascii_case(Known::AcceptEncoding.name().as_bytes());
    let is_said = { said }.any(is_it);
    if !is_said {
        fields.push_known(Known::Vary, Known::AcceptEncoding.name().as_bytes());
    }
}

/// Whether the field is a digest of the bytes as they came: `Content-MD5` (RFC 1864), `Digest` (RFC 3230), RFC 9530.
pub fn describes_content(field: &Field<'_>) -> bool {
    const DIGESTS: [&[u8]; 4] = [b"Content-Digest", b"Repr-Digest", b"Digest", b"Content-MD5"];
    field.known == Known::Other && DIGESTS.iter().any(|name| name.eq_ignore_ascii_case(field.name))
}

/// Names, in a 304, what the client has by the tag that it knows: a strong one means another form of it (RFC 9111 §4.3.4).
pub fn tagged_as_asked(fields: &mut Fields, request: &Fields) {
    let Some((tag, _)) = fields.get(Known::ETag).and_then(Etag::parse) else { return };
    let known = |is_it: &dyn Fn(&Etag<'_>) -> bool| lists(request, Known::IfNoneMatch, |known| known.opaque == tag.opaque && is_it(known));
    if known(&|known| known.weak) && !known(&|known| !known.weak) {
        weaken(fields);
    }
}

/// RFC 9110 §8.8.3.3: the codings of one content may not share a strong tag, and §8.8.1: a weak one says that they mean the same. It is
/// the same tag otherwise, so that `If-None-Match` compares as ever (§13.1.2), here and at the origin, and `If-Range` never holds for it.
fn weaken(fields: &mut Fields) {
    let Some(value) = fields.get(Known::ETag) else { return };
    let Some((Etag { weak: false, .. }, [])) = Etag::parse(value) else { return };
    let weak: Vec<u8> = [b"W/", value].concat();
    fields.retain(|field| field.known != Known::ETag);
    fields.push_known(Known::ETag, &weak);
}
