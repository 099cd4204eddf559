module rack/prometheus-operator

go 1.26

// Only for the definitions of its kinds; nothing is built.
require github.com/prometheus-operator/prometheus-operator v0.85.0
