package accounting

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// planted is a history and its planted events.
type planted struct {
	history []Event
	want    Report
}

// plant makes a history of up to 60 tasks, each with a random fate, and shuffles it, as records of many workers come in any order. It
// writes down the expectation for each planted task and never computes it from the history.
func plant(rng *rand.Rand) planted {
	var p planted
	add := func(task uint64, kinds ...Kind) {
		for _, k := range kinds {
			p.history = append(p.history, Event{task, k})
		}
	}
	some := func(k Kind, from, to int) []Kind { return slices.Repeat([]Kind{k}, from+rng.IntN(to-from+1)) }
	w := &p.want
	for range 1 + rng.IntN(60) {
		task := rng.Uint64()
		// An attempt without a promise: no answer, a useless answer, or a rejection.
		doubtful := [][]Kind{{Attempt}, {Attempt, Doubt}, {Attempt, Reject, Attempt}, {Attempt, Doubt, Attempt, Reject}}[rng.IntN(4)]
		promised := [][]Kind{{Attempt, Acknowledge}, {Attempt, Doubt, Attempt, Acknowledge}, {Attempt, Reject, Attempt, Acknowledge},
			{Attempt, Acknowledge, Attempt, Reject}}[rng.IntN(4)]
		fate := rng.IntN(11)
		if fate < 5 {
			w.Attempted++
			w.Acknowledged++
		} else if fate > 5 && fate < 10 {
			w.Attempted++
			w.Unknown++
		}
		switch fate {
		case 0: // as it should be, perhaps at a second try
			add(task, promised...)
			add(task, Complete)
			add(task, some(DeadLetter, 0, 1)...)
			w.Once++
		case 1:
			add(task, promised...)
			add(task, some(Complete, 2, 4)...)
			w.Duplicated++
			w.DuplicatedTasks = append(w.DuplicatedTasks, task)
		case 2:
			add(task, promised...)
			w.Lost++
			w.LostTasks = append(w.LostTasks, task)
		case 3, 4:
			add(task, promised...)
			add(task, some(DeadLetter, 1, 3)...)
			w.DeadLettered++
			w.DeadTasks = append(w.DeadTasks, task)
		case 5:
			add(task, Attempt, Reject)
			w.Attempted++
			w.Rejected++
		case 6:
			add(task, doubtful...)
		case 7:
			add(task, doubtful...)
			add(task, Complete)
			w.Recovered++
			w.RecoveredTasks = append(w.RecoveredTasks, task)
		case 8:
			add(task, doubtful...)
			add(task, some(Complete, 2, 3)...)
			w.Recovered++
			w.RecoveredTwice++
			w.RecoveredTasks = append(w.RecoveredTasks, task)
			w.DuplicatedTasks = append(w.DuplicatedTasks, task)
		case 9: // the rejection was none
			add(task, Attempt, Reject, DeadLetter)
			w.Recovered++
			w.RecoveredTasks = append(w.RecoveredTasks, task)
			w.DeadTasks = append(w.DeadTasks, task)
		default:
			add(task, [][]Kind{{Complete}, {DeadLetter}, {Complete, Complete}}[rng.IntN(3)]...)
			w.Unexpected++
			w.UnexpectedTasks = append(w.UnexpectedTasks, task)
		}
	}
	for _, list := range [][]uint64{w.LostTasks, w.DuplicatedTasks, w.DeadTasks, w.RecoveredTasks, w.UnexpectedTasks} {
		slices.Sort(list)
	}
	rng.Shuffle(len(p.history), func(i, j int) { p.history[i], p.history[j] = p.history[j], p.history[i] })
	return p
}

// In 10,000 histories with planted losses, duplicates, ghosts and reorderings, each planted one is found, and no other.
func TestWhatIsPlantedIsFoundAndNothingElse(t *testing.T) {
	var found Counts
	for seed := range uint64(10_000) {
		p := plant(rand.New(rand.NewPCG(seed, 1)))
		got := Judge(p.history)
		if diff := cmp.Diff(p.want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if err := got.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		found.Lost += got.Lost
		found.Duplicated += got.Duplicated
		found.Unexpected += got.Unexpected
		found.Recovered += got.Recovered
	}
	if found.Lost*found.Duplicated*found.Unexpected*found.Recovered == 0 {
		t.Errorf("nothing of a kind was planted: %+v", found)
	}
}

// One task more or less shows: a history without one of its events gives another report, unless the event added nothing.
func TestAMissingEventShows(t *testing.T) {
	changed := 0
	for seed := range uint64(1000) {
		p := plant(rand.New(rand.NewPCG(seed, 2)))
		i := int(seed) % len(p.history)
		taken := p.history[i]
		got := Judge(slices.Delete(slices.Clone(p.history), i, i+1))
		switch same := cmp.Equal(p.want, got); {
		case !same:
			changed++
		case taken.Kind == Acknowledge:
			t.Fatalf("seed %d: task %d is no longer acknowledged, and nothing reports it", seed, taken.Task)
		}
		if err := got.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	if changed == 0 {
		t.Error("no event mattered")
	}
}

// A task without a record is lost, unless a record may be missing. One that the broker refused is never unrecorded.
func TestMissingRecordsMakeNoTaskLost(t *testing.T) {
	for _, tt := range []struct {
		task Task
		fate Fate
		want Counts
	}{
		{Task{Attempted: true, Answer: Acknowledged}, Lost, Counts{Attempted: 1, Acknowledged: 1, Lost: 1}},
		{Task{Attempted: true, Answer: Acknowledged, Unrecorded: true}, Unrecorded, Counts{Attempted: 1, Acknowledged: 1, Unrecorded: 1}},
		{Task{Attempted: true, Answer: Unknown, Unrecorded: true}, Unrecorded, Counts{Attempted: 1, Unknown: 1}},
		{Task{Attempted: true, Answer: Rejected, Unrecorded: true}, Refused, Counts{Attempted: 1, Rejected: 1}},
		{Task{Attempted: true, Answer: Acknowledged, Completed: 1, Unrecorded: true}, Once, Counts{Attempted: 1, Acknowledged: 1, Once: 1}},
		{Task{Attempted: true, Answer: Unknown, Completed: 1, Unrecorded: true}, Once, Counts{Attempted: 1, Unknown: 1, Recovered: 1}},
	} {
		var c Counts
		if fate := c.Add(tt.task); fate != tt.fate || c != tt.want || c.Check() != nil {
			t.Errorf("%+v: fate %d, want %d; %+v, want %+v (%v)", tt.task, fate, tt.fate, c, tt.want, c.Check())
		}
	}
}

func TestCountsThatDoNotAddUpSaySo(t *testing.T) {
	for name, c := range map[string]Counts{
		"an attempt without an answer":     {Attempted: 2, Acknowledged: 1, Once: 1},
		"an acknowledged one without fate": {Attempted: 1, Acknowledged: 1},
		"more recovered than unknown":      {Attempted: 1, Unknown: 1, Recovered: 2},
		"more recovered twice than once":   {Attempted: 1, Unknown: 1, RecoveredTwice: 1},
	} {
		if c.Check() == nil {
			t.Errorf("%s: nothing is wrong with %+v", name, c)
		}
	}
}
