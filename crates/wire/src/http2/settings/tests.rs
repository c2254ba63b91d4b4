use super::*;
use crate::http2::frame::FrameHeader;

fn apply(ours: Role, settings: &[(u16, u32)]) -> Result<(PeerSettings, Vec<u32>), Breach> {
    let payload: Vec<u8> = settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
    let (mut peer, mut tables) = (PeerSettings::new(), Vec::new());
    peer.apply(&payload, ours, true, |bytes| tables.push(bytes))?;
    Ok((peer, tables))
}

#[test]
fn values_are_taken_in_order() {
    let (peer, tables) = apply(Role::Server, &[(1, 0), (1, 4096), (3, 7), (4, 1), (4, 2), (5, 20_000), (8, 1), (0xff, 9)]).expect("valid");
    assert_eq!(peer, PeerSettings { max_streams: 7, stream_window: 2, max_frame_bytes: 20_000, connect_protocol: true });
    assert_eq!(tables, [0, 4096]);
    assert_eq!(apply(Role::Client, &[]).expect("valid").0.max_streams, u32::MAX);
}

#[test]
fn values_out_of_their_range() {
    for (ours, settings, breach) in [
        (Role::Server, &[(2, 2)][..], Breach::SettingValue),
        (Role::Client, &[(2, 1)], Breach::SettingValue),
        (Role::Server, &[(4, 1 << 31)], Breach::SettingWindow),
        (Role::Server, &[(5, 16_383)], Breach::SettingValue),
        (Role::Server, &[(5, 1 << 24)], Breach::SettingValue),
        (Role::Client, &[(8, 2)], Breach::SettingValue),
        (Role::Client, &[(8, 1), (8, 0)], Breach::SettingValue),
        (Role::Client, &[(9, 2)], Breach::SettingValue),
    ] {
        assert_eq!(apply(ours, settings), Err(breach), "{settings:?}");
    }
    for (ours, settings) in [
        (Role::Server, &[(2, 1)][..]),
        (Role::Client, &[(2, 0)]),
        (Role::Server, &[(4, (1 << 31) - 1)]),
        (Role::Server, &[(5, (1 << 24) - 1)]),
        (Role::Client, &[(8, 0), (8, 1)]),
    ] {
        assert!(apply(ours, settings).is_ok(), "{settings:?}");
    }
    assert_eq!(PeerSettings::new().apply(&[0; 7], Role::Server, true, |_| {}), Err(Breach::FrameLength));
}

#[test]
fn what_we_write_can_be_read() {
    let limits = crate::http1::Limits { target_bytes: 100, head_bytes: 1000, fields: 10 };
    let config = Config {
        header_table_bytes: 2048,
        max_streams: 77,
        stream_window: 99_999,
        connection_window: 1 << 20,
        max_frame_bytes: 32_768,
        limits,
        connect_protocol: true,
        output_bytes: 1,
    };
    let (mut out, mut tables) = (Vec::new(), Vec::new());
    write(Role::Server, &config, &mut out);
    let header = FrameHeader::parse(out.first_chunk().expect("a frame"));
    assert_eq!((header.kind, header.flags, header.stream, header.len + 9), (Kind::Settings, 0, 0, out.len()));
    let mut peer = PeerSettings::new();
    assert_eq!(peer.apply(&out[9..], Role::Client, true, |bytes| tables.push(bytes)), Ok(()));
    assert_eq!(peer, PeerSettings { max_streams: 77, stream_window: 99_999, max_frame_bytes: 32_768, connect_protocol: true });
    assert_eq!(tables, [2048]);
    out.clear();
    write(Role::Client, &config, &mut out);
    assert_eq!(peer.apply(&out[9..], Role::Server, true, |_| {}), Ok(()));
    assert_eq!(peer.max_streams, u32::MAX, "a client announces no limit: it takes no streams at all");
}
