use super::Layer::{self, Brotli, Deflate, Gzip, Zstd};
use alloc::string::ToString;
use alloc::vec;

#[test]
fn layers_are_listed_in_the_order_they_were_put_on() {
    let all = |values: &[&str]| Layer::all(values.iter().map(|value| value.as_bytes()));
    assert_eq!(all(&[]), Ok(vec![]));
    assert_eq!(all(&["gzip, BR", " identity ,, zstd"]), Ok(vec![Gzip, Brotli, Zstd]));
    assert_eq!(all(&["x-gzip", "deflate"]), Ok(vec![Gzip, Deflate]));
    assert_eq!(all(&["gzip, compress, br"]), Err("compress".to_string()));
    assert_eq!(all(&["br,br,br,br,br,br,br,br,gzip"]), Err("gzip".to_string()));
}
