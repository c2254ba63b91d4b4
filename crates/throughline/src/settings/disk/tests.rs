use super::*;

#[test]
fn what_has_no_end_is_not_read() {
    let here = Here::default();
    let read = |path: &str| here.read(path).map_err(|error| unreadable(&error));
    assert_eq!(read("/dev/zero"), Err("it is no file, but a pipe or a device".to_string()));
    assert_eq!(read("/"), Err("it is a directory".to_string()));
}
