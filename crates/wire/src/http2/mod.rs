//! HTTP/2 on the wire (RFC 9113), without I/O. Built from the bottom up: header compression (RFC 7541) comes first.

mod hpack;
