# A project's entry point. A run is started with: python main.py --config-filepath configs/exp/baseline.py
