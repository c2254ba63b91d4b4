//! Routing tables against everything that is not itself.
