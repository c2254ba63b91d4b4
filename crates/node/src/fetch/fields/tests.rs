use super::*;

#[test]
fn credentials_of_a_url_are_decoded_and_encoded() {
    assert_eq!(base64(&decoded("Aladdin:open%20sesame")), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert_eq!(decoded("100%"), b"100%");
    assert_eq!(decoded("%zz%4"), b"%zz%4");
}
