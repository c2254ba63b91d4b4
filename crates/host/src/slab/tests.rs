use super::*;

fn both() -> [Slab; 2] {
    [Slab::in_memory(), crate::os::slab().expect("the kernel gives memory")]
}

fn read(slab: &Slab, mut offset: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut got = 0;
    while got < len {
        match slab.file().read_at(offset, &mut bytes[got..]).expect("memory can be read") {
            0 => break,
            n => (got, offset) = (got + n, offset + n as u64),
        }
    }
    bytes.truncate(got);
    bytes
}

#[test]
fn what_is_written_is_read_and_what_is_freed_takes_no_memory() {
    for slab in both() {
        let page = slab.page();
        let bytes: Vec<u8> = (0..3 * page + 100).map(|n| (n % 251) as u8).collect();
        // Far away, over a border of pages, in two pieces.
        let far = 1 << 40;
        slab.write_at(far, &bytes[..100]).expect("it has room");
        slab.write_at(far + 100, &bytes[100..]).expect("it has room");
        assert_eq!(slab.taken().expect("it tells"), 4 * page);
        assert_eq!(read(&slab, far, bytes.len()), bytes);
        slab.free(far + page, 2 * page);
        assert_eq!(slab.taken().expect("it tells"), 2 * page);
        let last = usize::try_from(3 * page).expect("small");
        assert_eq!(read(&slab, far + 3 * page, 100), bytes[last..]);
        slab.free(far, 4 * page);
        assert_eq!(slab.taken().expect("it tells"), 0);
    }
}
