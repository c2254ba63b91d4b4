//! A server's side of exchanges, frame by frame.

use crate::frames::*;
use wire::http::{FieldWriter, Fields, Known, RequestHead, TargetForm, Version};
use wire::http2::{Config, Connection, ErrorCode, Event, Read, Reason, Role, Rule, Write};

fn kinds(said: &[Seen]) -> Vec<(u8, u8, u32)> {
    said.iter().map(|frame| (frame.kind, frame.flags, frame.stream)).collect()
}

fn trailers(lines: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::new();
    lines.iter().for_each(|(name, value)| fields.push(name.as_bytes(), value.as_bytes()));
    fields
}

#[test]
fn a_request_and_its_answer() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &[&GET[..], &[("x-y", "z")]].concat())).expect("valid");
    assert_eq!(machine.take_events(), [Event::Request { stream: 1, end: true, length: Some(0) }]);
    let mut head = RequestHead::default();
    machine.connection.take_request(&mut head);
    assert_eq!(
        (head.form, head.version, &head.authority[..], &head.target[..]),
        (TargetForm::Origin, Version::Http2, &b"a"[..], &b"/"[..])
    );
    assert_eq!(head.fields, trailers(&[("x-y", "z")]));
    assert_eq!(machine.connection.read(1, &mut [0; 9]), Read::End);
    let mut writer = machine.connection.begin_response(1, 200);
    writer.known(Known::ContentLength, b"5");
    writer.field(b"X-Own", b"1");
    writer.known(Known::Connection, b"close");
    writer.field(b"Transfer-Encoding", b"chunked");
    writer.field(b"te", b"deflate");
    head.fields.iter().for_each(|field| writer.pass(field));
    writer.end(false);
    assert_eq!(machine.connection.write(1, b"hello"), Write::Accepted(5));
    machine.connection.finish(1, &Fields::new());
    machine.connection.let_go(1);
    let said = machine.take_said();
    assert_eq!(kinds(&said), [(HEADERS, END_HEADERS, 1), (DATA, END_STREAM, 1)]);
    assert_eq!(said[1].payload, b"hello");
    assert_eq!((machine.connection.open_streams(), machine.connection.progress()), (0, 5));
    // A second machine reads what the first has written.
    let mut client = Machine::client(CONFIG);
    let id = client.connection.open().expect("room");
    client.connection.begin_request(id, &head, b"/", b"a", b"http").end(true);
    client.hear(&frame(said[0].kind, said[0].flags, id, &said[0].payload)).expect("valid");
    let mut answer = wire::http::ResponseHead::default();
    client.connection.take_response(id, &mut answer).expect("a head");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.fields, trailers(&[("content-length", "5"), ("x-own", "1"), ("x-y", "z")]));
}

#[test]
fn the_end_goes_onto_what_was_not_sent_yet() {
    let begun = |body: &[u8]| {
        let mut machine = Machine::server(CONFIG);
        machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
        machine.connection.begin_response(1, 200).end(false);
        if !body.is_empty() {
            assert_eq!(machine.connection.write(1, body), Write::Accepted(body.len()));
        }
        machine
    };
    let mut machine = begun(b"");
    machine.connection.finish(1, &Fields::new());
    assert_eq!(kinds(&machine.take_said()), [(HEADERS, WHOLE, 1)]);
    let mut machine = begun(b"x");
    machine.connection.finish(1, &Fields::new());
    assert_eq!(kinds(&machine.take_said()), [(HEADERS, END_HEADERS, 1), (DATA, END_STREAM, 1)]);
    let mut machine = begun(b"x");
    machine.listen();
    machine.connection.finish(1, &Fields::new());
    assert_eq!(kinds(&machine.take_said()), [(HEADERS, END_HEADERS, 1), (DATA, 0, 1), (DATA, END_STREAM, 1)]);
    let mut machine = begun(b"x");
    machine.connection.finish(1, &trailers(&[("grpc-status", "0"), ("connection", "x")]));
    let said = machine.take_said();
    assert_eq!(kinds(&said), [(HEADERS, END_HEADERS, 1), (DATA, 0, 1), (HEADERS, WHOLE, 1)]);
    assert!(!said[2].payload.windows(10).any(|part| part == b"connection"));
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    machine.connection.begin_response(1, 103).end(true);
    machine.connection.begin_response(1, 204).end(true);
    assert_eq!(kinds(&machine.take_said()), [(HEADERS, END_HEADERS, 1), (HEADERS, WHOLE, 1)], "an interim response ends nothing");
}

#[test]
fn a_writer_that_is_dropped_ends_its_head() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    drop(machine.connection.begin_response(1, 200));
    assert_eq!(kinds(&machine.take_said()), [(HEADERS, END_HEADERS, 1)]);
    assert_eq!(machine.connection.write(1, b"x"), Write::Accepted(1));
}

#[test]
fn a_head_that_is_longer_than_a_frame() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    let long = "v".repeat(20_000);
    let mut writer = machine.connection.begin_response(1, 200);
    writer.field(b"x-long", long.as_bytes());
    writer.field(b"x-more", long.as_bytes());
    writer.end(false);
    machine.connection.finish(1, &Fields::new());
    let said = machine.take_said();
    assert_eq!(kinds(&said), [(HEADERS, END_STREAM, 1), (CONTINUATION, 0, 1), (CONTINUATION, END_HEADERS, 1)]);
    assert!(said.iter().all(|frame| frame.payload.len() <= 16_384));
    let whole: Vec<u8> = said.into_iter().flat_map(|frame| frame.payload).collect();
    let mut client = Machine::client(Config { limits: wire::http1::Limits { head_bytes: 50_000, ..CONFIG.limits }, ..CONFIG });
    let id = client.connection.open().expect("room");
    client.connection.begin_request(id, &RequestHead::default(), b"/", b"a", b"http").end(true);
    let mut parts = whole.chunks(9000).enumerate().peekable();
    while let Some((number, part)) = parts.next() {
        let end = if parts.peek().is_none() { END_HEADERS } else { 0 };
        client.hear(&frame(if number == 0 { HEADERS } else { CONTINUATION }, end, id, part)).expect("valid");
    }
    let mut head = wire::http::ResponseHead::default();
    client.connection.take_response(id, &mut head).expect("a head");
    assert_eq!(head.fields.iter().map(|field| field.value.len()).collect::<Vec<_>>(), [20_000, 20_000]);
}

#[test]
fn content_comes_in_parts_and_opens_the_windows_by_halves() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &[&POST[..], &[("content-length", "70000")]].concat())).expect("valid");
    assert_eq!(machine.take_events(), [Event::Request { stream: 1, end: false, length: Some(70_000) }]);
    let mut got = Vec::new();
    let mut into = [0; 1000];
    for round in 0..7u8 {
        let data = frame(DATA, 0, 1, &[round; 10_000]);
        // The header alone tells nothing; a part of the payload does.
        assert_eq!(machine.connection.receive(&data[..5], machine.now), Ok((0, None)));
        assert_eq!(machine.connection.receive(&data[..9], machine.now), Ok((9, None)));
        assert_eq!(machine.connection.receive(&data[9..20], machine.now), Ok((11, Some(Event::Readable { stream: 1 }))));
        assert_eq!(machine.connection.receive(&data[20..], machine.now), Ok((data.len() - 20, Some(Event::Readable { stream: 1 }))));
        while let Read::Bytes(n) = machine.connection.read(1, &mut into) {
            got.extend_from_slice(&into[..n]);
        }
        assert_eq!(machine.connection.read(1, &mut into), Read::Pending);
    }
    let updates: Vec<_> = machine.take_said().iter().map(|frame| (frame.kind, frame.stream, frame.number(0))).collect();
    // Half of 65 535, rounded down, reached by steps of 1000.
    assert_eq!(updates, [(8, 1, 33_000), (8, 0, 33_000), (8, 1, 33_000), (8, 0, 33_000)]);
    machine.hear(&request(WHOLE, 1, &[("x-sum", "1")])).expect("trailers");
    assert_eq!(
        (machine.connection.read(1, &mut into), machine.connection.take_trailers(1)),
        (Read::End, Some(trailers(&[("x-sum", "1")])))
    );
    assert_eq!(machine.connection.take_trailers(1), None);
    assert_eq!(got, (0..7u8).flat_map(|round| [round; 10_000]).collect::<Vec<_>>());
}

#[test]
fn nobody_reads_and_the_window_holds() {
    let config = Config { stream_window: 100_000, connection_window: 150_000, ..CONFIG };
    let mut machine = Machine::server(config);
    machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    (0..6).for_each(|_| machine.hear(&frame(DATA, 0, 1, &[0; 16_000])).expect("within the window"));
    assert!(machine.take_said().is_empty(), "no window is opened");
    assert_eq!(machine.hear(&frame(DATA, 0, 1, &[0; 4001])).expect_err("past it").code(), ErrorCode::FLOW_CONTROL_ERROR);
}

#[test]
fn a_window_under_the_default_holds_once_it_is_known() {
    let config = Config { stream_window: 10, ..CONFIG };
    let mut machine = Machine::silent(Role::Server, config);
    machine.hear(&[PREFACE, &settings(&[])].concat()).expect("valid");
    machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    machine.hear(&frame(DATA, 0, 1, &[0; 100])).expect("it cannot know yet");
    machine.hear(&frame(SETTINGS, ACK, 0, b"")).expect("valid");
    machine.hear(&request(END_HEADERS, 3, &POST)).expect("valid");
    machine.hear(&frame(DATA, 0, 3, &[0; 10])).expect("within the window");
    assert!(machine.hear(&frame(DATA, 0, 3, &[0; 1])).is_err());
}

#[test]
fn content_of_a_stream_that_was_let_go_flows_back() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    machine.hear(&frame(DATA, 0, 1, &[0; 16_000])).expect("valid");
    machine.answer(1, b"no");
    let said = machine.take_said();
    assert_eq!(kinds(&said), [(HEADERS, END_HEADERS, 1), (DATA, END_STREAM, 1), (RST_STREAM, 0, 1)]);
    assert_eq!(said[2].number(0), 0, "the rest is not wanted, and nothing was wrong");
    machine.events.clear();
    let data = frame(DATA, 0, 1, &[0; 16_000]);
    machine.hear(&data[..1000]).expect("it was under way");
    machine.hear(&data[1000..]).expect("it was under way");
    machine.hear(&data).expect("it was under way");
    let updates: Vec<_> = machine.take_said().iter().map(|frame| (frame.kind, frame.stream, frame.number(0))).collect();
    assert_eq!(updates, [(WINDOW_UPDATE, 0, 48_000)], "of the connection, not of the stream");
    assert!(machine.take_events().is_empty());
    machine.hear(&data).expect("65 535 bytes may be under way");
    assert_eq!(machine.hear(&frame(DATA, 0, 1, &[0; 2000])).expect_err("and no more").code(), ErrorCode::STREAM_CLOSED);
}

#[test]
fn what_follows_our_reset_is_ignored_until_it_ends() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    machine.connection.reset(1, ErrorCode::CANCEL);
    assert_eq!(machine.connection.failure(1), Some(Reason::Reset(ErrorCode::CANCEL)));
    assert_eq!(machine.connection.write(1, b"x"), Write::Failed(Reason::Reset(ErrorCode::CANCEL)));
    assert_eq!(machine.connection.read(1, &mut [0]), Read::Failed(Reason::Reset(ErrorCode::CANCEL)));
    machine.connection.begin_response(1, 200).end(true);
    machine.connection.finish(1, &Fields::new());
    machine.connection.reset(1, ErrorCode::CANCEL);
    assert_eq!(kinds(&machine.take_said()), [(RST_STREAM, 0, 1)], "once, and nothing else");
    machine.hear(&frame(DATA, 0, 1, b"x")).expect("under way");
    machine.hear(&window_update(1, 1)).expect("under way");
    machine.hear(&request(WHOLE, 1, &[("x", "y")])).expect("trailers under way");
    assert_eq!(machine.hear(&frame(DATA, 0, 1, b"x")).expect_err("after an end").code(), ErrorCode::STREAM_CLOSED);
}

#[test]
fn the_client_resets() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    machine.hear(&frame(DATA, 0, 1, &[0; 9])).expect("valid");
    machine.events.clear();
    machine.hear(&rst_stream(1, 8)).expect("valid");
    assert_eq!(machine.take_events(), [Event::Failed { stream: 1 }]);
    let reason = Reason::Reset(ErrorCode::CANCEL);
    assert_eq!(machine.connection.read(1, &mut [0; 9]), Read::Failed(reason), "half a request is none");
    assert_eq!(machine.connection.write(1, b"x"), Write::Failed(reason));
    assert_eq!((machine.connection.failure(1), machine.connection.open_streams()), (Some(reason), 0));
    machine.connection.let_go(1);
    assert!(machine.take_said().is_empty());
    assert_eq!(machine.connection.failure(1), None);
}

#[test]
fn requests_that_are_refused_by_an_answer() {
    let many = [&GET[..], &[("x", "y"); 33]].concat();
    let long = format!("/{}", "x".repeat(100));
    let large = "x".repeat(9000);
    for (lines, rule, status) in [
        (many, Rule::TooManyFields, "431"),
        (vec![GET[0], GET[1], (":path", &long), GET[3]], Rule::PathTooLong, "414"),
        ([&GET[..], &[("a", &large)]].concat(), Rule::HeadTooLarge, "431"),
        ([&GET[..], &[("expect", "x")]].concat(), Rule::Expectation, "417"),
    ] {
        let config = Config { limits: wire::http1::Limits { head_bytes: 8000, ..CONFIG.limits }, ..CONFIG };
        for (flags, after) in [(WHOLE, None), (END_HEADERS, Some(0))] {
            let mut machine = Machine::server(config);
            machine.hear(&request(flags, 1, &lines)).expect("the connection lives");
            assert_eq!(machine.take_events(), [Event::Malformed { stream: 1, rule }]);
            let said = machine.take_said();
            assert_eq!((said[0].kind, said[0].flags), (HEADERS, WHOLE));
            assert!(said[0].payload.ends_with(status.as_bytes()), "{:?}", said[0]);
            assert_eq!(said.get(1).map(|frame| frame.number(0)), after, "{rule:?}: the rest is not wanted");
            assert_eq!(machine.connection.open_streams(), 0);
        }
    }
}

#[test]
fn a_stream_that_turns_out_malformed() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &[&POST[..], &[("content-length", "3")]].concat())).expect("valid");
    machine.hear(&frame(DATA, 0, 1, b"abc")).expect("valid");
    machine.events.clear();
    machine.hear(&frame(DATA, 0, 1, b"d")).expect("a stream error");
    assert_eq!(machine.take_events(), [Event::Failed { stream: 1 }]);
    assert_eq!(machine.connection.read(1, &mut [0; 9]), Read::Failed(Reason::Malformed(Rule::LengthDisagrees)));
}

#[test]
fn drained_in_two_steps() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    machine.connection.drain();
    let said = machine.take_said();
    assert_eq!((said[0].kind, said[0].number(0), said[0].number(4)), (GOAWAY, (1 << 31) - 1, 0));
    machine.hear(&request(WHOLE, 3, &GET)).expect("still taken");
    machine.connection.drain();
    machine.connection.drain();
    let said = machine.take_said();
    assert_eq!(said.iter().map(|frame| (frame.kind, frame.number(0))).collect::<Vec<_>>(), [(GOAWAY, 3)]);
    machine.events.clear();
    machine.hear(&request(END_HEADERS, 5, &POST)).expect("ignored");
    machine.hear(&frame(DATA, END_STREAM, 5, b"x")).expect("ignored");
    machine.hear(&request(WHOLE, 7, &[("x", "y")])).expect("ignored, wrong as it is");
    assert!(machine.take_events().is_empty() && machine.take_said().is_empty());
    assert!(!machine.connection.is_over());
    machine.answer(1, b"");
    machine.answer(3, b"x");
    assert!(machine.connection.is_over());
}

#[test]
fn the_connection_ends() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    machine.hear(&request(END_HEADERS, 3, &POST)).expect("valid");
    machine.hear(&frame(DATA, 0, 3, b"abc")).expect("valid");
    machine.events.clear();
    machine.connection.closed();
    let events: Vec<_> = std::iter::from_fn(|| machine.connection.poll_event()).collect();
    assert_eq!(events, [Event::Failed { stream: 1 }, Event::Failed { stream: 3 }]);
    assert_eq!(machine.connection.read(3, &mut [0; 9]), Read::Failed(Reason::ConnectionOver));
    assert_eq!(machine.connection.read(1, &mut [0; 9]), Read::End, "what was whole stays so");
    assert_eq!(machine.connection.write(1, b"x"), Write::Failed(Reason::ConnectionOver));
    assert!(machine.connection.is_over() && machine.take_said().is_empty());
    assert_eq!(machine.connection.receive(b"anything", machine.now), Ok((8, None)));

    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    machine.connection.fail(ErrorCode::INTERNAL_ERROR);
    machine.connection.fail(ErrorCode::INTERNAL_ERROR);
    let said = machine.take_said();
    assert_eq!((said.len(), said[0].number(0), said[0].number(4)), (1, 1, 2));
    assert_eq!(machine.connection.poll_event(), Some(Event::Failed { stream: 1 }));
    machine.connection.let_go(1);
    assert!(machine.take_said().is_empty());
}

#[test]
fn an_error_is_told_once_more_and_nothing_is_taken_in() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(WHOLE, 1, &GET)).expect("valid");
    let error = machine.hear(&frame(PING, 0, 1, &[0; 8])).expect_err("a PING on a stream");
    assert!(!error.sentence().is_empty() && error.section().starts_with("RFC 9113"));
    assert_eq!(machine.connection.receive(b"", machine.now), Err(error));
    let said = machine.take_said();
    assert_eq!((said.len(), said[0].kind, said[0].number(0)), (1, GOAWAY, 1));
    assert_eq!(machine.connection.poll_event(), Some(Event::Failed { stream: 1 }));
    assert_eq!(machine.connection.poll_event(), None);
}

#[test]
fn pings_of_ours() {
    let mut machine = Machine::server(CONFIG);
    machine.connection.ping();
    machine.connection.ping();
    let said = machine.take_said();
    assert_eq!(kinds(&said), [(PING, 0, 0)], "one at a time");
    machine.hear(&frame(PING, ACK, 0, &[0; 8])).expect("valid");
    assert!(machine.connection.awaits_pong(), "that was none of ours");
    machine.hear(&frame(PING, ACK, 0, &said[0].payload)).expect("valid");
    assert!(!machine.connection.awaits_pong());
}

#[test]
fn an_idle_connection_gives_its_memory_back() {
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &POST)).expect("valid");
    machine.hear(&frame(DATA, END_STREAM, 1, &[1; 5000])).expect("valid");
    while let Read::Bytes(_) = machine.connection.read(1, &mut [0; 999]) {}
    machine.answer(1, b"hello");
    machine.connection.release();
    assert!(!machine.connection.output().is_empty(), "what waits is kept");
    machine.listen();
    machine.connection.release();
    machine.hear(&request(WHOLE, 3, &GET)).expect("it works as before");
    machine.answer(3, b"again");
    assert_eq!(machine.take_said().last().map(|frame| frame.payload.clone()), Some(b"again".to_vec()));
    assert!(size_of::<Connection>() < 2048, "{}", size_of::<Connection>());
}

#[test]
fn nothing_is_taken_in_while_nobody_listens() {
    let mut machine = Machine::server(CONFIG);
    let ping = frame(PING, 0, 0, &[7; 8]);
    let mut taken = 0;
    while machine.connection.receive(&ping, machine.now).expect("within the budget").0 > 0 {
        taken += 1;
        assert!(taken < 10_000);
    }
    assert!(machine.connection.output_blocked() && machine.connection.output().len() < 17 * 1024);
    let half = machine.connection.output().len() / 2;
    machine.connection.sent(half);
    assert!(!machine.connection.output_blocked());
    assert_eq!(machine.connection.receive(&ping, machine.now), Ok((ping.len(), None)));
}

#[test]
fn heads_that_nobody_listens_to_are_bounded_too() {
    let mut machine = Machine::server(CONFIG);
    let mut stream = 1;
    let long = "x".repeat(3000);
    loop {
        let (n, _) = machine.connection.receive(&request(WHOLE, stream, &GET), machine.now).expect("valid");
        if n == 0 {
            break;
        }
        let mut writer = machine.connection.begin_response(stream, 200);
        writer.field(b"x-long", long.as_bytes());
        writer.end(true);
        machine.connection.let_go(stream);
        stream += 2;
        assert!(stream < 1000);
    }
    assert!(machine.connection.output_blocked());
}

#[test]
fn an_extended_connect() {
    let lines = [(":method", "CONNECT"), (":protocol", "websocket"), GET[1], (":path", "/chat"), GET[3]];
    let mut machine = Machine::server(CONFIG);
    machine.hear(&request(END_HEADERS, 1, &lines)).expect("valid");
    let mut head = RequestHead::default();
    machine.connection.take_request(&mut head);
    assert_eq!((&head.protocol[..], &head.target[..]), (&b"websocket"[..], &b"/chat"[..]));
    machine.hear(&frame(DATA, 0, 1, b"a tunnel's bytes")).expect("valid");
    machine.hear(&request(WHOLE, 1, &[("x", "y")])).expect("a stream error");
    assert_eq!(machine.connection.failure(1), Some(Reason::Malformed(Rule::TrailersInTunnel)));
    let mut machine = Machine::server(Config { connect_protocol: false, ..CONFIG });
    machine.hear(&request(END_HEADERS, 1, &lines)).expect("a stream error");
    assert_eq!(machine.take_events(), [Event::Malformed { stream: 1, rule: Rule::Protocol }]);
}
