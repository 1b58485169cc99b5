fn forge(permitted: proxy::Permitted) -> proxy::Permitted {
    proxy::Permitted { ..permitted }
}

fn main() {}
