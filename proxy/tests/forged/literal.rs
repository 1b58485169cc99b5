fn forge() -> proxy::Permitted {
    proxy::Permitted { request: loop {} }
}

fn main() {}
