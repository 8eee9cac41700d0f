//go:build linux

package gotask

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// body is what a task does. next is the order's next step, which it enqueues when it has ended well.
type body struct {
	run  func(ctx context.Context, c call) error
	next string
}

// call is a task that runs, with the arguments after its number.
type call struct {
	w    *Worker
	seq  int64
	args []json.RawMessage
}

// bodies are the tasks. Each does the work of the one of its name in workers/python/tqbench/tasks.py.
func bodies() map[string]body {
	return map[string]body{
		"noop":            {run: func(context.Context, call) error { return nil }},
		"payload":         {run: payload},
		"ready":           {run: ready},
		"fail":            {run: func(context.Context, call) error { return errors.New("planned failure") }},
		"fetch":           {run: fetch},
		"parse":           {run: parse},
		"digest":          {run: func(_ context.Context, c call) error { return c.compute(Digest) }},
		"pbkdf2":          {run: func(_ context.Context, c call) error { return c.compute(Derive) }},
		"factorial":       {run: func(_ context.Context, c call) error { return c.compute(Factorial) }},
		"order_validate":  {run: validate, next: "order_charge"},
		"order_charge":    {run: charge, next: "order_email"},
		"order_email":     {run: rest(100 * time.Millisecond), next: "order_inventory"},
		"order_inventory": {run: rest(50 * time.Millisecond)},
	}
}

// number reads the first argument.
func (c call) number() (int, error) {
	if len(c.args) == 0 {
		return 0, errors.New("the argument is missing")
	}
	var n int
	if err := json.Unmarshal(c.args[0], &n); err != nil {
		return 0, fmt.Errorf("read the argument: %w", err)
	}
	return n, nil
}

// compute does work of a size that is the first argument.
func (c call) compute(work func(n int) ([]byte, error)) error {
	n, err := c.number()
	if err != nil {
		return err
	}
	_, err = work(n)
	return err
}

// follow enqueues an order's next step: its number is the stride, the first argument, further.
func (c call) follow(ctx context.Context, next string) error {
	stride, err := c.number()
	if err != nil {
		return err
	}
	return c.w.send(ctx, Task{Name: next, Args: fmt.Appendf(nil, "[%d,%d]", c.seq+int64(stride), stride)})
}

// payload takes the arguments: the cost is their way here.
func payload(_ context.Context, c call) error {
	for _, a := range c.args {
		if _, err := Parse(a); err != nil {
			return err
		}
	}
	return nil
}

// ready takes a slot of the process for a while, so that a round of these reaches every process.
func ready(_ context.Context, c call) error {
	ms, err := c.number()
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return err
}

// rest waits.
func rest(d time.Duration) func(ctx context.Context, c call) error {
	return func(context.Context, call) error {
		time.Sleep(d)
		return nil
	}
}

// ask calls the mock API and reads its answer.
func (c call) ask(ctx context.Context, method, path string) error {
	r, err := http.NewRequestWithContext(ctx, method, c.w.api+path, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := c.w.http.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("the mock API answered %d", answer.StatusCode)
	}
	_, err = Parse(text)
	return err
}

func fetch(ctx context.Context, c call) error {
	ms, err := c.number()
	if err != nil {
		return err
	}
	return c.ask(ctx, http.MethodGet, fmt.Sprintf("/users/1?latency=%d", ms))
}

func validate(ctx context.Context, c call) error {
	return c.ask(ctx, http.MethodGet, fmt.Sprintf("/orders/%d?latency=150", c.seq))
}

// charge is declined for one order in twenty at first. The order's position in the stride decides.
func charge(ctx context.Context, c call) error {
	stride, err := c.number()
	if err != nil {
		return err
	}
	if stride < 1 {
		return fmt.Errorf("a stride of %d", stride)
	}
	return c.ask(ctx, http.MethodPost, fmt.Sprintf("/charges/%d?latency=200&error_rate=0.05&draw=%d", c.seq, c.seq%int64(stride)))
}

// Rounds is how often the task parse reads its document.
const Rounds = 20

// Items is that document: 25 items, like an answer from an API.
func Items() []byte {
	var b bytes.Buffer
	b.WriteString(`{"items": [`)
	for i := range 25 {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"id": %d, "name": "item %d", "price": %.1f}`, i, i, float64(i)*1.5)
	}
	b.WriteString(`], "meta": {"active": true}}`)
	return b.Bytes()
}

func parse(_ context.Context, c call) error {
	for range Rounds {
		if _, err := Parse(c.w.items); err != nil {
			return err
		}
	}
	return nil
}

// Parse reads a document into maps and lists.
func Parse(text []byte) (any, error) {
	var value any
	err := json.Unmarshal(text, &value)
	return value, err
}

// Digest hashes this many mebibytes, made here.
func Digest(mebibytes int) ([]byte, error) {
	sum := sha256.Sum256(make([]byte, mebibytes<<20))
	return sum[:], nil
}

// Derive derives a key in that many iterations.
func Derive(iterations int) ([]byte, error) {
	return pbkdf2.Key(sha256.New, strings.Repeat("x", 64), []byte("salt"), iterations, sha256.Size)
}

// factorialDigits is how many of the last digits Factorial writes out.
const factorialDigits = 2000

// Factorial multiplies big numbers and writes the result out.
func Factorial(n int) ([]byte, error) {
	product := new(big.Int).MulRange(1, int64(n))
	last := new(big.Int).Exp(big.NewInt(10), big.NewInt(factorialDigits), nil)
	return []byte(product.Mod(product, last).String()), nil
}

// Names are those of the tasks.
func Names() []string { return slices.Sorted(maps.Keys(bodies())) }
