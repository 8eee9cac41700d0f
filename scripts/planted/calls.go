package main

import (
	"encoding/json"
	"fmt"
)

// How many sets of arguments there are, and lines in each invoice. Ten sets used in turn make the change of one task in ten regular.
const (
	invoices = 10
	lines    = 40
)

// arguments is the file of the task's arguments.
func arguments() ([]byte, error) {
	type line struct {
		Article string `json:"article"`
		Count   int    `json:"count"`
		Cents   int    `json:"cents"`
	}
	var calls [][]any
	for n := range invoices {
		var list []line
		for i := range lines {
			list = append(list, line{fmt.Sprintf("article %d of %d", i, n), i%7 + 1, 99 + 250*i})
		}
		calls = append(calls, []any{n, list})
	}
	return json.Marshal(calls)
}
