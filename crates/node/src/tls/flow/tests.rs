use super::*;

fn texts(slices: &[&[u8]], most: usize) -> (Vec<Vec<u8>>, usize) {
    let mut texts = Vec::new();
    let slices: Vec<IoSlice<'_>> = slices.iter().map(|slice| IoSlice::new(slice)).collect();
    let taken = each_text(&slices, most, |text| texts.push(text.to_vec()));
    (texts, taken)
}

#[test]
fn slices_become_as_few_records_as_they_fit_in() {
    let bytes: Vec<u8> = (0..100_000u32).map(|at| (at % 251) as u8).collect();
    // The lengths of the slices, how much may be taken, and how many records come of it.
    for (lengths, most, records) in [
        (&[][..], 65_536, 0),
        (&[0, 0][..], 65_536, 0),
        (&[10][..], 65_536, 1),
        (&[10, 20, 30][..], 65_536, 1),
        (&[300, 16_000][..], 65_536, 1),
        (&[300, 16_384][..], 65_536, 2),
        (&[16_384, 300][..], 65_536, 2),
        (&[1, 40_000, 2][..], 65_536, 3),
        (&[100_000][..], 65_536, 1),
        (&[50_000, 50_000][..], 65_536, 4),
        (&[10, 20, 30][..], 15, 1),
    ] {
        let mut rest = &bytes[..];
        let slices: Vec<&[u8]> = lengths
            .iter()
            .map(|len| {
                let (slice, after) = rest.split_at(*len);
                rest = after;
                slice
            })
            .collect();
        let (texts, taken) = texts(&slices, most);
        let expected = lengths.iter().sum::<usize>().min(most);
        assert_eq!((taken, texts.concat() == bytes[..expected]), (expected, true), "{lengths:?}");
        // A text that comes as one piece is cut by rustls itself.
        let count: usize = texts.iter().map(|text| text.len().div_ceil(FRAGMENT_BYTES)).sum();
        assert_eq!(if lengths.len() == 1 { texts.len() } else { count }, records, "{lengths:?}");
    }
}
