//go:build linux

package gotask_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/workers/gotask"
)

// Of tasks that go alone, the client says when each was sent and accepted: how long its caller took, without the way to the harness.
func TestServeSaysWhenTasksWentAlone(t *testing.T) {
	t.Parallel()
	const in = `{"send":[{"task":"a","args":[1]},{"task":"a","args":[2]},{"task":"no","args":[3]}],"alone":true}` + "\n"
	var out bytes.Buffer
	var at []int64
	began := gotask.Now()
	err := gotask.Serve(t.Context(), strings.NewReader(in), &out, func(_ context.Context, task gotask.Task) error {
		at = append(at, gotask.Now())
		if task.Name == "no" {
			return errors.New("refused")
		}
		return nil
	})
	ended := gotask.Now()
	var got struct {
		Taken int        `json:"taken"`
		Times [][2]int64 `json:"times"`
		Error string     `json:"error"`
	}
	if err := errors.Join(err, json.Unmarshal(out.Bytes(), &got)); err != nil {
		t.Fatal(err)
	}
	if got.Taken != 2 || len(got.Times) != 2 || got.Error != "refused" {
		t.Fatalf("%s", &out)
	}
	before := began
	for i, x := range got.Times {
		if x[0] < before || at[i] < x[0] || x[1] < at[i] || x[1] > ended {
			t.Errorf("task %d: sent and accepted at %d, enqueued at %d, from %d to %d", i, x, at[i], before, ended)
		}
		before = x[1]
	}
}
