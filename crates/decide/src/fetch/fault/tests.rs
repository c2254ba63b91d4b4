use super::*;

#[test]
fn a_fault_is_one_sentence_with_station_side_cause_and_remedy() {
    assert_eq!(
        Fault::of_name("nope.example", &Trouble::NoSuchName).sentence(),
        "Name failed in the name service: there is no name nope.example (NXDOMAIN); look at the spelling, or ask the owner of the domain \
         whether it is registered and published."
    );
    assert_eq!(
        Fault::of_url("ftp://a/", &Refused::Scheme("ftp".into())).sentence(),
        "URL failed by what was asked for: the scheme ftp is not one that can be traced; use http, https, ws or wss."
    );
    assert_eq!(
        Fault::too_long(Station::Connect, Duration::from_millis(1500)).sentence(),
        "Connect failed by what was asked for: the connection was not there yet when the 1.5 s of --max-time were over; give it more time, \
         or look above for the step that took it."
    );
}

#[test]
fn each_station_has_an_exit_code_of_its_own() {
    let all = [Station::Machine, Station::Url, Station::Name, Station::Connect, Station::Tls, Station::Http, Station::Decode];
    let mut codes: alloc::vec::Vec<u8> = all.iter().map(|station| station.exit()).collect();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
}

#[test]
fn what_the_bytes_of_an_answer_are_not() {
    assert_eq!(
        Fault::of_coding("gzip", false, 30, 0).sentence(),
        "Decode failed on the server's side: the body is called gzip, and is none or is damaged: 0 bytes came out of 30; look whether \
         something there names a coding that it does not use, or uses it twice; --raw -o keeps the bytes as they came."
    );
    assert_eq!(
        Fault::of_charset("UTF-8", CharsetRule::Meta, 1, 62).sentence(),
        "Decode failed on the server's side: the text is read as UTF-8, for its meta element says so, but 1 place is none of it, the first \
         at byte 62; save the content in that encoding, or name in the meta element the one it has."
    );
}
