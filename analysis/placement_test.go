package analysis

import (
	"testing"

	"github.com/tqbench/tqbench/results"
)

// A host that moves in a block keeps all trials of that block out of all metrics. Others, and moves between blocks, don't matter.
func TestABlockWhoseHostsMoveIsInNoVerdict(t *testing.T) {
	t.Parallel()
	on := func(block int, hosts ...results.Host) results.Trial { return results.Trial{Block: block, Hosts: hosts} }
	host := func(name, node, boot, kernel string) results.Host {
		return results.Host{Name: name, Node: node, Boot: boot, Machine: results.Machine{Kernel: kernel}}
	}
	w, l := host("worker 0", "a", "1", "6.1"), host("load 0", "b", "1", "6.1")
	for _, tt := range []struct {
		name  string
		moved results.Host
		want  string
	}{
		{"another node", host("worker 0", "c", "3", "6.1"), "worker 0 was on a, then on c"},
		{"another kernel", host("worker 0", "a", "2", "6.2"), "worker 0 on a had the kernel 6.1, then 6.2"},
		{"started again", host("worker 0", "a", "2", "6.1"), "worker 0 was on a, which was started again"},
		{"the same", w, ""},
	} {
		before := []results.Trial{on(1, w, l), on(1, l), on(2, w, l), on(2, tt.moved, l), on(2, l), on(3, tt.moved, l), on(3, tt.moved, l), {Block: 2}}
		for i, x := range placed(before) {
			want := tt.want
			if x.Block != 2 {
				want = ""
			}
			if got := detailOf(x, results.FlagMoved); got != want || valid(x, "throughput") != (want == "") {
				t.Errorf("%s: trial %d of block %d: %q, want %q; flags %+v", tt.name, i, x.Block, got, want, x.Flags)
			}
			if len(before[i].Flags) > 0 {
				t.Errorf("%s: the trial itself has changed", tt.name)
			}
		}
	}
}

func detailOf(t results.Trial, code string) string {
	for _, f := range t.Flags {
		if f.Code == code && f.Check == results.CheckPlacement && f.Count == 1 {
			return f.Detail
		}
	}
	return ""
}
