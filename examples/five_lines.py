import unsuplmk

folder = unsuplmk.Job(unsuplmk.Config(data="videos", landmarks=10, steps=5000)).run("runs/mine")
detector = unsuplmk.Detector.load(folder)
tracks = detector.predict("videos/one.mp4")
unsuplmk.write(tracks, "one.csv")
