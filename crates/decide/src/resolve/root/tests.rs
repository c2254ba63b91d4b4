use super::*;

#[test]
fn the_public_root_has_thirteen_servers_of_both_families() {
    let servers = root_servers(PUBLIC_ROOT).expect("the file is right");
    assert_eq!((servers.len(), servers.iter().filter(|server| server.address.is_ipv4()).count()), (26, 13));
    assert_eq!(servers[0], RootServer { name: "a.root-servers.net".into(), address: "198.41.0.4:53".parse().expect("an address") });
}

#[test]
fn what_is_written_is_read_again() {
    let servers =
        root_servers("; mine\n. 3600 IN NS a.root.\na.root. A 127.0.0.1#5301 ; here\n. NS b.root\nb.root AAAA ::1\n").expect("hints");
    assert_eq!(servers.len(), 2);
    assert_eq!(servers[0].address.port(), 5301);
    assert_eq!(root_servers(&write_root_servers(&servers)), Ok(servers));
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let of = |file| root_servers(file).expect_err("a mistake").to_string();
    assert!(of("\n. NS").starts_with("line 2: this is not a record"));
    assert!(of("a. A 127.0.0.1#x").starts_with("line 1: behind the #"));
    assert!(of("org. NS a.org.").starts_with("line 1: its owner"));
    assert!(of(". TXT x").starts_with("line 1: only records"));
    assert!(of(". NS a.\nb. A 127.0.0.1").starts_with("it names no server"));
    assert!(of("").starts_with("it names no server"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic(file in "([. a-zA-Z0-9#;:]{0,20}\n){0,6}") {
        if let Ok(servers) = root_servers(&file) {
            proptest::prop_assert_eq!(root_servers(&write_root_servers(&servers)), Ok(servers));
        }
    }
}
