use super::*;

fn read(input: &[u8]) -> Result<Option<(FrameHeader, usize)>, Violation> {
    FrameHeader::parse(input)
}

#[test]
fn the_examples_of_the_rfc() {
    // RFC 6455 §5.7
    let header = |fin, opcode, mask, len| FrameHeader { fin, rsv1: false, opcode, mask, len };
    let key = Some([0x37, 0xfa, 0x21, 0x3d]);
    let examples: [(&[u8], FrameHeader); 7] = [
        (&[0x81, 0x05], header(true, Opcode::Text, None, 5)),
        (&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d], header(true, Opcode::Text, key, 5)),
        (&[0x01, 0x03], header(false, Opcode::Text, None, 3)),
        (&[0x80, 0x02], header(true, Opcode::Continuation, None, 2)),
        (&[0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d], header(true, Opcode::Pong, key, 5)),
        (&[0x82, 0x7e, 0x01, 0x00], header(true, Opcode::Binary, None, 256)),
        (&[0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0], header(true, Opcode::Binary, None, 65536)),
    ];
    for (bytes, header) in examples {
        assert_eq!(read(bytes), Ok(Some((header, bytes.len()))));
        let mut out = Vec::new();
        header.write(&mut out);
        assert_eq!(out, bytes);
    }
}

#[test]
fn what_is_written_is_read() {
    for len in [0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 32, (1 << 63) - 1] {
        for opcode in [Opcode::Continuation, Opcode::Text, Opcode::Binary, Opcode::Close, Opcode::Ping, Opcode::Pong] {
            for bits in 0..8 {
                let (fin, rsv1, mask) = (bits & 1 != 0, bits & 2 != 0, (bits & 4 != 0).then_some([9, 8, 7, 6]));
                if opcode.is_control() && (!fin || len > 125) {
                    continue;
                }
                let header = FrameHeader { fin, rsv1, opcode, mask, len };
                let mut out = Vec::new();
                header.write(&mut out);
                assert!(out.len() <= FrameHeader::MAX_BYTES);
                for end in 0..out.len() {
                    assert_eq!(read(&out[..end]), Ok(None));
                }
                let size = out.len();
                out.extend_from_slice(b"payload");
                assert_eq!(read(&out), Ok(Some((header, size))));
            }
        }
    }
}

#[test]
fn first_bytes() {
    for first in 0..=255u8 {
        let expected = match (first & 0x30, first & 0x0f, first & 0x80) {
            (1.., _, _) => Err(Violation::ReservedBits),
            (_, 3..=7 | 11.., _) => Err(Violation::Opcode),
            (_, 8.., 0) => Err(Violation::ControlFragmented),
            _ => Ok(None),
        };
        assert_eq!(read(&[first]), expected, "{first:#x}");
        // Whatever follows it.
        assert_eq!(read(&[first, 0]).err(), expected.err(), "{first:#x}");
    }
}

#[test]
fn lengths() {
    let refused: [(&[u8], Violation); 9] = [
        (&[0x89, 126], Violation::ControlTooLong),
        (&[0x8a, 0x80 | 127], Violation::ControlTooLong),
        (&[0x88, 126, 0, 126], Violation::ControlTooLong),
        (&[0x82, 126, 0, 0], Violation::LengthNotMinimal),
        (&[0x82, 126, 0, 125], Violation::LengthNotMinimal),
        (&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], Violation::LengthNotMinimal),
        (&[0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 1], Violation::LengthNotMinimal),
        (&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], Violation::LengthTopBit),
        (&[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Violation::LengthTopBit),
    ];
    for (bytes, violation) in refused {
        assert_eq!(read(bytes), Err(violation), "{bytes:?}");
    }
    let accepted: [(&[u8], u64); 4] = [
        (&[0x82, 125], 125),
        (&[0x82, 126, 0, 126], 126),
        (&[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], 65536),
        (&[0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], u64::MAX >> 1),
    ];
    for (bytes, len) in accepted {
        assert_eq!(read(bytes).map(|whole| whole.map(|(header, size)| (header.len, size))), Ok(Some((len, bytes.len()))));
    }
}
