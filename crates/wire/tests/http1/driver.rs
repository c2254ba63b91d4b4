//! Drives the codec as its callers do, whole messages at a time.

use wire::http::{Fields, Method, RequestHead, ResponseHead};
use wire::http1::{
    BodyDecoder, BodyError, Framing, Limits, Parsed, Piece, Rejection, RequestMeta, ResponseMeta, Rule, parse_request, parse_response,
};

/// Small, so that a case at a limit is short.
pub(crate) const LIMITS: Limits = Limits { target_bytes: 48, head_bytes: 512, fields: 8 };

/// Too large to matter.
pub(crate) const ROOMY: Limits = Limits { target_bytes: 1 << 16, head_bytes: 1 << 20, fields: 1000 };

/// What came of a message or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome<T> {
    Whole(T),
    Unfinished,
    Refused(Rule),
}

impl<T> Outcome<T> {
    pub(crate) fn then<U>(self, next: impl FnOnce(T) -> Outcome<U>) -> Outcome<U> {
        match self {
            Outcome::Whole(value) => next(value),
            Outcome::Unfinished => Outcome::Unfinished,
            Outcome::Refused(rule) => Outcome::Refused(rule),
        }
    }

    fn of<M>(parsed: Result<Parsed<M>, Rejection>, input: &[u8], make: impl FnOnce(usize, M) -> T) -> Self {
        match parsed {
            Ok(Parsed::Complete { len, meta }) => {
                assert!(len <= input.len(), "a head is part of its input");
                Outcome::Whole(make(len, meta))
            }
            Ok(Parsed::Partial) => Outcome::Unfinished,
            Err(rejection) => Outcome::Refused(rejection.rule),
        }
    }
}

pub(crate) fn request(input: &[u8], limits: Limits) -> Outcome<(usize, RequestMeta, RequestHead)> {
    let mut head = RequestHead::default();
    let parsed = parse_request(input, &limits, &mut head);
    Outcome::of(parsed, input, |len, meta| (len, meta, head))
}

pub(crate) fn response(input: &[u8], method: &Method, limits: Limits) -> Outcome<(usize, ResponseMeta, ResponseHead)> {
    let mut head = ResponseHead::default();
    let parsed = parse_response(input, &limits, method, &mut head);
    Outcome::of(parsed, input, |len, meta| (len, meta, head))
}

/// A decoded body.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Body {
    pub(crate) data: Vec<u8>,
    pub(crate) trailers: Fields,
    /// How much of the input it took.
    pub(crate) len: usize,
}

/// Decodes a body that is given in parts. The second value is all the data that came before the end, whatever that was.
pub(crate) fn body<'a>(framing: Framing, limits: Limits, parts: impl IntoIterator<Item = &'a [u8]>) -> (Outcome<Body>, Vec<u8>) {
    let mut decoder = BodyDecoder::new(framing, limits);
    let mut body = Body::default();
    for part in parts {
        let mut at = 0;
        while at < part.len() && !decoder.is_done() {
            let piece = match decoder.decode(&part[at..], &mut body.trailers) {
                Ok(piece) => piece,
                Err(BodyError::Rejected(rejection)) => return (Outcome::Refused(rejection.rule), body.data),
                Err(BodyError::Truncated) => panic!("only the end of the input truncates"),
            };
            assert!(piece != Piece::default(), "input was left over: {:?}", &part[at..]);
            let start = at + piece.skip;
            at = start + piece.data;
            assert!(at <= part.len(), "a piece is part of its input");
            assert_eq!(piece.done, decoder.is_done());
            body.data.extend_from_slice(&part[start..at]);
        }
        body.len += at;
    }
    let data = body.data.clone();
    match decoder.end_of_input() {
        Ok(()) => (Outcome::Whole(body), data),
        Err(_) => (Outcome::Unfinished, data),
    }
}
