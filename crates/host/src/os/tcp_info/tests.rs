use super::*;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;

#[test]
fn a_connection_of_this_machine_is_described() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut client = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
    let (mut server, _) = listener.accept().expect("a connection");
    server.write_all(b"twelve bytes").expect("room");
    client.read_exact(&mut [0; 12]).expect("bytes");
    let info = tcp_info(client.as_fd()).expect("the kernel knows it");
    assert_eq!(info.received, 12);
    assert!(info.window > 0 && info.segment > 0 && info.rtt > Duration::ZERO, "{info:?}");
}

#[test]
fn what_is_no_tcp_has_none() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a port");
    assert_eq!(tcp_info(socket.as_fd()), None);
}

#[test]
fn a_shorter_answer_is_read_as_far_as_it_goes() {
    let mut info = [0; 104];
    info[68..72].copy_from_slice(&1500_u32.to_ne_bytes());
    let read = parse(&info).expect("enough");
    assert_eq!((read.rtt, read.received), (Duration::from_micros(1500), 0));
    assert_eq!(parse(&info[..103]), None);
}
