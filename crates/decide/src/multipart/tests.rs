use super::*;
use proptest::prelude::*;

fn render(multipart: &Multipart, file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in &multipart.parts {
        body.extend_from_slice(&part.head);
        body.extend_from_slice(&file[part.span.start as usize..part.span.end() as usize]);
    }
    body.extend_from_slice(&multipart.end);
    body
}

#[test]
fn the_body_reads_as_rfc_9110_15_3_7_2_shows_it() {
    let spans = [Span { start: 0, len: 2 }, Span { start: 4, len: 1 }];
    let multipart = Multipart::new(&spans, Some(5), "text/plain", "THIS");
    let expected = "--THIS\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/5\r\n\r\nab\r\n\
                    --THIS\r\nContent-Type: text/plain\r\nContent-Range: bytes 4-4/5\r\n\r\ne\r\n--THIS--\r\n";
    assert_eq!(String::from_utf8(render(&multipart, b"abcde")).as_deref(), Ok(expected));
    assert_eq!(content_type("THIS"), "multipart/byteranges; boundary=THIS");
}

#[test]
#[should_panic(expected = "a boundary of 1 to 70 letters and digits")]
fn a_boundary_that_would_need_quoting_is_a_bug_of_ours() {
    Multipart::new(&[Span { start: 0, len: 1 }], None, "text/plain", "a b");
}

proptest! {
    #[test]
    fn the_length_is_that_of_the_bytes_sent(
        pairs in prop::collection::vec((0..100_u64, 1..20_u64), 1..16),
        boundary in "[0-9a-zA-Z]{1,70}",
    ) {
        let file: Vec<u8> = (0..120).collect();
        let spans: Vec<Span> = pairs.iter().map(|(start, len)| Span { start: *start, len: *len }).collect();
        let multipart = Multipart::new(&spans, Some(120), "image/png", &boundary);
        let body = render(&multipart, &file);
        prop_assert_eq!(multipart.length(), body.len() as u64);
        // Taken apart at the delimiters, the parts come back.
        let delimiter = format!("\r\n--{boundary}");
        let mut rest = &body[delimiter.len() - 2..];
        for span in &spans {
            let head = rest.windows(4).position(|four| four == b"\r\n\r\n").expect("the end of a part's head") + 4;
            let data = &file[span.start as usize..span.end() as usize];
            prop_assert_eq!(&rest[head..head + data.len()], data);
            rest = rest[head + data.len()..].strip_prefix(delimiter.as_bytes()).expect("a delimiter");
        }
        prop_assert_eq!(rest, b"--\r\n");
    }
}
