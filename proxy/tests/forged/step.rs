fn main() {
    let _ = proxy::authorize::authorize;
}
