package view

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
)

func TestProductsSayWhatABrokerIs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 20)
	for _, c := range []struct {
		name    string
		brokers []results.Broker
		broker  string
		product string
		full    string
	}{
		{"its product", []results.Broker{{Name: "redis", Product: "Redis", Version: "7.0.15"}}, "redis", "Redis", "Redis 7.0.15"},
		{"not what the plan calls it", []results.Broker{{Name: "mysql", Product: "MariaDB", Version: "11.8.3"}}, "mysql", "MariaDB", "MariaDB 11.8.3"},
		{"an emulator", []results.Broker{{Name: "sqs", Product: "MiniStack (SQS emulator)", Version: "unknown"}}, "sqs",
			"MiniStack (SQS emulator)", "MiniStack (SQS emulator)"},
		{"no version", []results.Broker{{Name: "sqs", Product: "SQS"}}, "sqs", "SQS", "SQS"},
		{"no product", []results.Broker{{Name: "redis", Product: " ", Version: "7"}}, "redis", "redis", "redis"},
		{"not described", nil, "redis", "redis", "redis"},
		{"two of one product", []results.Broker{{Name: "mysql", Product: "MariaDB", Version: "11"}, {Name: "other", Product: "MariaDB", Version: "12"}},
			"other", "MariaDB 12", "MariaDB 12"},
		{"two of one product and version", []results.Broker{{Name: "mysql", Product: "MariaDB", Version: "11"}, {Name: "other", Product: "MariaDB", Version: "11"}},
			"other", "MariaDB (other)", "MariaDB (other) 11"},
		{"two that look alike", []results.Broker{{Name: "a", Product: "X\tY"}, {Name: "b", Product: "X Y"}}, "b", "X Y (b)", "X Y (b)"},
		{"another's name", []results.Broker{{Name: "mysql", Product: "redis"}, {Name: "redis"}}, "mysql", "redis (mysql)", "redis (mysql)"},
		{"long ones", []results.Broker{{Name: "a", Product: long}, {Name: "b", Product: long}}, "b", "long long long long long lo... (b)",
			"long long long long long lo... (b)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := productsOf(analysis.Analysis{Run: results.Run{Brokers: c.brokers}})
			if got := p.Name(c.broker); got != c.product {
				t.Errorf("product %q, want %q", got, c.product)
			}
			if got := p.Full(c.broker); got != c.full {
				t.Errorf("in full %q, want %q", got, c.full)
			}
		})
	}
}

// Whatever brokers are, no two are shown by one name.
func TestProductsTellBrokersApart(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "redis", "x", strings.Repeat("x", 1000), "\x00", "a\nb", "MariaDB"} {
		a := fixture.ManyBrokers()
		for i := range a.Run.Brokers {
			a.Run.Brokers[i].Product = s
		}
		p := productsOf(a)
		seen := map[string]string{}
		for _, b := range brokersIn(a) {
			shown := Name(p.Name(b))
			if other, ok := seen[shown]; ok {
				t.Errorf("%q: %s and %s are both shown as %q", s, b, other, shown)
			}
			seen[shown] = b
		}
	}
}

func TestLoadsAreCalledByTheirTitles(t *testing.T) {
	t.Parallel()
	known := productsOf(analysis.Analysis{Scenarios: []analysis.Scenario{
		{Name: "cpu", Title: "CPU-bound tasks"}, {Name: "payloads@sqlalchemy", Title: "Serialisation", Of: "payloads", At: "sqlalchemy"},
		{Name: "a", Title: "The same"}, {Name: "b", Title: "The same"}, {Name: "untitled"},
	}})
	for name, want := range map[string]string{
		"cpu": "CPU-bound tasks", "payloads@sqlalchemy": "Serialisation: sqlalchemy", "a": "The same (a)", "b": "The same (b)",
		"untitled": "untitled", "unknown": "unknown",
	} {
		if got := known.Load(name); got != want {
			t.Errorf("%s is called %q, want %q", name, got, want)
		}
	}
}
