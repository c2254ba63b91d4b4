use super::*;

#[test]
fn a_header_comes_back() {
    for kind in [Kind::Data, Kind::Headers, Kind::Priority, Kind::RstStream, Kind::Settings, Kind::PushPromise, Kind::Ping] {
        let header = FrameHeader { len: 0x01_02_03, kind, flags: 0x2d, stream: 0x7fff_fffe };
        assert_eq!(FrameHeader::parse(&header.bytes()), header);
    }
    for kind in [Kind::GoAway, Kind::WindowUpdate, Kind::Continuation, Kind::PriorityUpdate, Kind::Unknown] {
        let header = FrameHeader { len: (1 << 24) - 1, kind, flags: 0, stream: 1 };
        assert_eq!(FrameHeader::parse(&header.bytes()), header);
    }
}

#[test]
fn a_header_as_the_rfc_draws_it() {
    let parsed = FrameHeader::parse(&[0, 0x40, 1, 8, 0xff, 0x80, 0, 1, 0]);
    assert_eq!(parsed, FrameHeader { len: 0x4001, kind: Kind::WindowUpdate, flags: 0xff, stream: 0x100 });
    assert_eq!(FrameHeader::parse(&[0, 0, 0, 0x0b, 0, 0, 0, 0, 0]).kind, Kind::Unknown);
}

#[test]
fn padding_is_cut_off_and_judged() {
    let padded = FrameHeader { len: 0, kind: Kind::Data, flags: flag::PADDED, stream: 1 };
    assert_eq!(padded.unpad(b"\x02ab\0\0"), Ok(&b"ab"[..]));
    assert_eq!(padded.unpad(b"\x04\0\0\0\0"), Ok(&b""[..]));
    assert_eq!(padded.unpad(b"\x05\0\0\0\0"), Err(Breach::Padding));
    assert_eq!(padded.unpad(b""), Err(Breach::FrameLength));
    assert_eq!(FrameHeader { flags: 0, ..padded }.unpad(b"\x02ab"), Ok(&b"\x02ab"[..]));
}

#[test]
fn frames_that_are_written_whole() {
    let mut out = Vec::new();
    write_rst_stream(3, ErrorCode::CANCEL, &mut out);
    write_window_update(0, 0x7fff_ffff, &mut out);
    write_goaway(5, ErrorCode::NO_ERROR, "x", &mut out);
    let expected = [
        &b"\0\0\x04\x03\0\0\0\0\x03\0\0\0\x08"[..],
        b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff",
        b"\0\0\x09\x07\0\0\0\0\0\0\0\0\x05\0\0\0\0x",
    ];
    assert_eq!(out, expected.concat());
}
