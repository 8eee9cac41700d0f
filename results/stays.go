package results

// Stays are the columns of tasks.parquet that an analysis needs, one entry a task, in the order of their numbers.
type Stays struct {
	Phase, Kind, Outcome              Words
	Intended, Sent, Started, Finished []int64
	file                              []byte
}

// Read reads those of trial t, whose files are in dir, in place of what it has: its room is used again.
func (s *Stays) Read(dir string, t Trial) error {
	return columns{
		words:   map[string]*Words{"phase": &s.Phase, "kind": &s.Kind, "outcome": &s.Outcome},
		numbers: map[string]*[]int64{"intended_ns": &s.Intended, "sent_ns": &s.Sent, "started_ns": &s.Started, "finished_ns": &s.Finished},
		file:    &s.file,
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
		words:   map[string]*Words{"phase": &d.Phase},
		numbers: map[string]*[]int64{"at_ns": &d.At, "depth": &d.Depth, "stolen_ns": &d.Stolen, "crowded_ns": &d.Crowded},
		floats:  map[string]*[]float64{"worker_cpu_seconds": &d.WorkerCPU, "broker_cpu_seconds": &d.BrokerCPU, "worker_pss_mib": &d.WorkerPSS},
		later:   []string{"stolen_ns", "crowded_ns", "worker_cpu_seconds", "broker_cpu_seconds", "worker_pss_mib"},
		file:    &d.file,
	}.read(dir, seriesFile, t)
}
