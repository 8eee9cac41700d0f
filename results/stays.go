package results

// Stays are the columns of tasks.parquet that an analysis needs, one entry a task, in the order of their numbers.
type Stays struct {
	Phase, Kind, Outcome              Words
	Intended, Sent, Started, Finished []int64
	// HalfWidth is as in Task. It is empty in a trial that was written before it was measured.
	HalfWidth []int64
	file      []byte
}

// Read reads those of trial t, whose files are in dir, in place of what it has: its room is used again.
func (s *Stays) Read(dir string, t Trial) error {
	return columns{
		to: map[string]column{
			"phase": &s.Phase, "kind": &s.Kind, "outcome": &s.Outcome,
			"intended_ns": numbers(&s.Intended), "sent_ns": numbers(&s.Sent), "started_ns": numbers(&s.Started), "finished_ns": numbers(&s.Finished),
			"half_width_ns": numbers(&s.HalfWidth),
		},
		later: []string{"half_width_ns"},
		file:  &s.file,
	}.read(dir, tasksFile, t)
}

// Depths are the columns of series.parquet that an analysis needs, one entry a sample, in the order of time.
type Depths struct {
	Phase Words
	// At is when the sample was taken; the others are as in Sample. Stolen and Crowded are empty in a trial that was written
	// before they were measured.
	At, Depth, Stolen, Crowded []int64
	// WorkerCPU and BrokerCPU are in seconds, WorkerPSS in MiB.
	WorkerCPU, BrokerCPU, WorkerPSS []float64
	file                            []byte
}

// Read is as that of Stays. A trial that was written without samples has none.
func (d *Depths) Read(dir string, t Trial) error {
	if _, ok := t.Sums[seriesFile]; !ok {
		*d = Depths{file: d.file}
		return nil
	}
	return columns{
		to: map[string]column{
			"phase": &d.Phase, "at_ns": numbers(&d.At), "depth": numbers(&d.Depth), "stolen_ns": numbers(&d.Stolen), "crowded_ns": numbers(&d.Crowded),
			"worker_cpu_seconds": floats(&d.WorkerCPU), "broker_cpu_seconds": floats(&d.BrokerCPU), "worker_pss_mib": floats(&d.WorkerPSS),
		},
		later: []string{"stolen_ns", "crowded_ns", "worker_cpu_seconds", "broker_cpu_seconds", "worker_pss_mib"},
		file:  &d.file,
	}.read(dir, seriesFile, t)
}
