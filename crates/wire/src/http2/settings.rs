//! SETTINGS, ours and the peer's (RFC 9113 §6.5).

use super::frame::{self, Kind};
use super::{Breach, Config, Role};
use alloc::vec::Vec;

const HEADER_TABLE_SIZE: u16 = 0x1;
const ENABLE_PUSH: u16 = 0x2;
const MAX_CONCURRENT_STREAMS: u16 = 0x3;
const INITIAL_WINDOW_SIZE: u16 = 0x4;
const MAX_FRAME_SIZE: u16 = 0x5;
const MAX_HEADER_LIST_SIZE: u16 = 0x6;
/// RFC 8441 §3
const ENABLE_CONNECT_PROTOCOL: u16 = 0x8;
/// RFC 9218 §2.1
const NO_RFC7540_PRIORITIES: u16 = 0x9;

/// Every stream's and the connection's window before anybody says otherwise (RFC 9113 §6.9.2).
pub(super) const DEFAULT_WINDOW: u32 = 65_535;

/// The largest window there can be (RFC 9113 §6.9.1).
pub(super) const MAX_WINDOW: u32 = (1 << 31) - 1;

/// The least value that SETTINGS_MAX_FRAME_SIZE may have (RFC 9113 §6.5.2).
pub(super) const MIN_FRAME_SIZE: u32 = 1 << 14;

/// Streams that a client opens at most before the server's settings have come.
const STREAMS_UNTIL_TOLD: u32 = 100;

/// What the peer has announced, as far as it concerns us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PeerSettings {
    /// Streams that we may have open.
    pub(super) max_streams: u32,
    /// What we may send on a stream that is new.
    pub(super) stream_window: u32,
    /// Payload bytes of our frames.
    pub(super) max_frame_bytes: u32,
    /// The peer takes `:protocol` (RFC 8441).
    pub(super) connect_protocol: bool,
}

impl PeerSettings {
    pub(super) const fn new() -> PeerSettings {
        PeerSettings {
            max_streams: STREAMS_UNTIL_TOLD,
            stream_window: DEFAULT_WINDOW,
            max_frame_bytes: MIN_FRAME_SIZE,
            connect_protocol: false,
        }
    }

    /// Takes in the payload of a SETTINGS frame. `table` is told of every size of the header table, as it stands there.
    pub(super) fn apply(&mut self, payload: &[u8], ours: Role, first: bool, mut table: impl FnMut(u32)) -> Result<(), Breach> {
        let (settings, rest) = payload.as_chunks::<6>();
        if !rest.is_empty() {
            return Err(Breach::FrameLength);
        }
        if first {
            // RFC 9113 §6.5.2: no limit, unless one is named.
            self.max_streams = u32::MAX;
        }
        for &[i0, i1, v0, v1, v2, v3] in settings {
            let value = u32::from_be_bytes([v0, v1, v2, v3]);
            match u16::from_be_bytes([i0, i1]) {
                HEADER_TABLE_SIZE => table(value),
                // A server never sends a client's setting as anything but zero.
                ENABLE_PUSH if value > 1 || (value == 1 && ours == Role::Client) => return Err(Breach::SettingValue),
                MAX_CONCURRENT_STREAMS => self.max_streams = value,
                INITIAL_WINDOW_SIZE if value > MAX_WINDOW => return Err(Breach::SettingWindow),
                INITIAL_WINDOW_SIZE => self.stream_window = value,
                MAX_FRAME_SIZE if !(MIN_FRAME_SIZE..1 << 24).contains(&value) => return Err(Breach::SettingValue),
                MAX_FRAME_SIZE => self.max_frame_bytes = value,
                // RFC 8441 §3: no other value, and no way back.
                ENABLE_CONNECT_PROTOCOL if value > 1 || (value == 0 && self.connect_protocol) => return Err(Breach::SettingValue),
                ENABLE_CONNECT_PROTOCOL => self.connect_protocol = value == 1,
                NO_RFC7540_PRIORITIES if value > 1 => return Err(Breach::SettingValue),
                // RFC 9113 §6.5.2: a setting that we do not know, or that binds us to nothing.
                _ => {}
            }
        }
        Ok(())
    }
}

/// Appends the SETTINGS frame that opens our side.
pub(super) fn write(role: Role, config: &Config, out: &mut Vec<u8>) {
    let mut payload = Vec::with_capacity(6 * 7);
    let mut set = |id: u16, value: u32| {
        payload.extend_from_slice(&id.to_be_bytes());
        payload.extend_from_slice(&value.to_be_bytes());
    };
    set(HEADER_TABLE_SIZE, config.header_table_bytes);
    match role {
        // RFC 9113 §8.4
        Role::Client => set(ENABLE_PUSH, 0),
        Role::Server => {
            set(MAX_CONCURRENT_STREAMS, config.max_streams);
            set(NO_RFC7540_PRIORITIES, 1);
            if config.connect_protocol {
                set(ENABLE_CONNECT_PROTOCOL, 1);
            }
        }
    }
    set(INITIAL_WINDOW_SIZE, config.stream_window);
    set(MAX_FRAME_SIZE, config.max_frame_bytes);
    set(MAX_HEADER_LIST_SIZE, u32::try_from(config.limits.head_bytes).unwrap_or(u32::MAX));
    frame::write(Kind::Settings, 0, 0, &payload, out);
}

#[cfg(test)]
mod tests;
