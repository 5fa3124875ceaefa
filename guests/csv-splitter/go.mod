module csv-splitter

go 1.24

require guest v0.0.0

// The contract in Go: the package pubsub that `host new --lang go` makes.
replace guest => ../../host/templates/go
