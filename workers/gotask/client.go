//go:build linux

package gotask

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// protocol is the version of the client's protocol of lines: see contenders/README.md.
const protocol = 1

// answer is a line of the client's.
type answer struct {
	Version *int `json:"tqbench,omitempty"`
	// Alone says that the client can enqueue tasks one after another, and Times when each was sent and accepted.
	Alone bool       `json:"alone,omitempty"`
	Taken *int       `json:"taken,omitempty"`
	Times [][2]int64 `json:"times,omitempty"`
	Error string     `json:"error,omitempty"`
}

// Serve answers requests line by line until they end: it sends each task, one call for each, as an application does.
func Serve(ctx context.Context, in io.Reader, out io.Writer, send Send) error {
	lines, answers := bufio.NewReader(in), json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		var request struct {
			Send  []Task `json:"send"`
			Alone bool   `json:"alone"`
		}
		if err := json.Unmarshal(line, &request); err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		var a answer
		if request.Send == nil {
			version := protocol
			a.Version, a.Alone = &version, true
		} else {
			taken := 0
			a.Taken = &taken
			for _, t := range request.Send {
				sent := Now()
				if err := send(ctx, t); err != nil {
					a.Error = err.Error()
					break
				}
				taken++
				if request.Alone {
					a.Times = append(a.Times, [2]int64{sent, Now()})
				}
			}
		}
		if err := answers.Encode(a); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}
