config = {
    'runner': 'SupervisedTrainer',
    'work_dir': './logs/exp/baseline',
    'epochs': 3,
}
