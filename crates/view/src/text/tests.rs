use super::*;

#[test]
fn columns_line_up_and_end_without_white_space() {
    let mut columns = Columns::new([Align::Left, Align::Right, Align::Left]);
    columns.row(["é", "1", "x"]);
    columns.row(["long", "100", ""]);
    let mut out = String::new();
    columns.write_plain(" ", &mut out);
    assert_eq!(out, " é       1  x\n long  100\n");
}

#[test]
fn paint_does_not_count_as_width() {
    let mut columns = Columns::new([Align::Left, Align::Left]);
    columns.row(["a", "b"]);
    columns.row(["long", "c"]);
    let mut out = String::new();
    columns.write("", &mut out, |_, column, cell| if column == 0 { format!("<{cell}>") } else { cell.to_owned() });
    assert_eq!(out, "<a>     b\n<long>  c\n");
}

#[test]
fn what_moves_a_cursor_is_escaped() {
    assert_eq!(shown("plain é"), "plain é");
    assert_eq!(shown("a\x1b[2J\r\n\u{9b}\u{202e}b"), "a\\u{1b}[2J\\r\\n\\u{9b}\\u{202e}b");
}

#[test]
fn thousands_are_set_apart() {
    for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (u64::MAX, "18,446,744,073,709,551,615")] {
        assert_eq!(thousands(count), text);
    }
}

#[test]
fn a_size_is_in_the_unit_that_keeps_it_short() {
    for (bytes, text) in [(0, "0 KiB"), (1, "1 KiB"), (3 << 20, "3,072 KiB"), (10 << 20, "10 MiB"), ((256 << 20) + 1, "257 MiB")] {
        assert_eq!(size(bytes), text);
    }
}
