//! Routing tables against everything that is not itself: bgpkit-parser, on real files and on files of our own.

mod files;
mod oracle;
