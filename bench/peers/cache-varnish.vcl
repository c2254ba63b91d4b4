# Varnish as the cache under test: its log in shared memory as it is by default; memory and threads are said on its command line.
vcl 4.1;

backend origin {
    .host = "127.0.0.1";
    .port = "{{origin}}";
}

sub vcl_recv {
    if (req.method == "BAN") {
        ban("obj.http.Cache-Tag == " + req.http.X-Tag);
        return (synth(200));
    }
    return (hash);
}
