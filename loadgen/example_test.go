package loadgen_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/loadgen"
)

// taker accepts messages like a broker, and keeps none.
type taker struct {
	mu    sync.Mutex
	taken int
}

func (t *taker) Publish(_ context.Context, messages []broker.Message) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken += len(messages)
	return len(messages), nil
}

// Three tasks are sent at 1000 per second. Their intended times are fixed beforehand: latency counts from these, however late a task is
// sent.
func Example() {
	c, err := clock.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	t := &taker{}
	var mu sync.Mutex
	meant, late := map[int]time.Duration{}, map[int]time.Duration{}
	start := c.Now()
	bytes, err := loadgen.Paced(context.Background(), c, start, &loadgen.Constant{Rate: 1000, Period: time.Second}, loadgen.Load{
		N:         3,
		Publisher: t,
		NewEncode: func() (loadgen.Encode, error) {
			return func(dst []byte, m *broker.Message, i int) ([]byte, error) {
				return append(dst, "task "+strconv.Itoa(i)...), nil
			}, nil
		},
		Record: func(i int, intended, sent, acked int64) {
			mu.Lock()
			defer mu.Unlock()
			meant[i], late[i] = time.Duration(intended-start), time.Duration(sent-intended)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.taken, "tasks,", bytes, "bytes")
	for i := range t.taken {
		fmt.Println("task", i, "was meant to be sent after", meant[i], "and was sent before:", late[i] < 0)
	}
	// Output:
	// 3 tasks, 18 bytes
	// task 0 was meant to be sent after 0s and was sent before: false
	// task 1 was meant to be sent after 1ms and was sent before: false
	// task 2 was meant to be sent after 2ms and was sent before: false
}

// Three per second have no interval in whole nanoseconds. The times don't drift anyway: task 3,000,000,000 is due after exactly
// 1,000,000,000 seconds.
func ExampleConstant() {
	c := loadgen.Constant{Rate: 3, Period: time.Second}
	for range 4 {
		fmt.Println(c.Next())
	}
	fmt.Println(c.At(3_000_000_000))
	// Output:
	// 0
	// 333333333
	// 666666666
	// 1000000000
	// 1000000000000000000
}
