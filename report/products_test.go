package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

func TestProductsSayWhatABrokerIs(t *testing.T) {
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
			"other", "MariaDB (other)", "MariaDB (other) 12"},
		{"two that look alike", []results.Broker{{Name: "a", Product: "X\tY"}, {Name: "b", Product: "X Y"}}, "b", "X Y (b)", "X Y (b)"},
		{"another's name", []results.Broker{{Name: "mysql", Product: "redis"}, {Name: "redis"}}, "mysql", "redis (mysql)", "redis (mysql)"},
		{"long ones", []results.Broker{{Name: "a", Product: long}, {Name: "b", Product: long}}, "b", "long long long long long lo... (b)",
			"long long long long long lo... (b)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := productsOf(analysis.Analysis{Run: results.Run{Brokers: c.brokers}})
			if got := p.name(c.broker); got != c.product {
				t.Errorf("product %q, want %q", got, c.product)
			}
			if got := p.full(c.broker); got != c.full {
				t.Errorf("in full %q, want %q", got, c.full)
			}
		})
	}
}

// Whatever brokers are, no two are shown by one name.
func TestProductsTellBrokersApart(t *testing.T) {
	for _, s := range []string{"", "redis", "x", strings.Repeat("x", 1000), "\x00", "a\nb", "MariaDB"} {
		a := manyBrokers()
		for i := range a.Run.Brokers {
			a.Run.Brokers[i].Product = s
		}
		p := productsOf(a)
		seen := map[string]string{}
		for _, b := range brokersIn(a) {
			shown := name(p.name(b))
			if other, ok := seen[shown]; ok {
				t.Errorf("%q: %s and %s are both shown as %q", s, b, other, shown)
			}
			seen[shown] = b
		}
	}
}

// An emulator is called one wherever its broker is spoken of, and no reader sees what the plan calls a broker in its
// product's place.
func TestReportNamesProducts(t *testing.T) {
	a := manyBrokers()
	var markdown, terminal bytes.Buffer
	if err := writeMarkdown(&markdown, New(a)); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&terminal, a, Screen{}); err != nil {
		t.Fatal(err)
	}
	for kind, out := range map[string]string{"page": parse(t, render(t, a)).text, "Markdown": markdown.String(), "terminal": terminal.String()} {
		for _, b := range a.Run.Brokers {
			if !strings.Contains(out, b.Product) {
				t.Errorf("%s: %s isn't called %s", kind, b.Name, b.Product)
			}
			for _, bad := range []string{"on " + b.Name + "\n", "on " + b.Name + ":", "on " + b.Name + ",", "On " + b.Name + ","} {
				if strings.Contains(out, bad) {
					t.Errorf("%s has %q", kind, bad)
				}
			}
		}
	}
	for _, c := range chartFiles(New(a)) {
		if strings.HasSuffix(c.name, "-sqs") && !strings.Contains(c.figure.Title, "MiniStack (SQS emulator)") {
			t.Errorf("the title of %s is %q", c.name, c.figure.Title)
		}
	}
}
