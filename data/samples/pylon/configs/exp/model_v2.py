config = {
    'runner': 'SupervisedTrainer',
    'work_dir': './logs/exp/model_v2',
    'epochs': 4,
}
